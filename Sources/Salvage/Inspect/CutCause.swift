/// A way in which a core may have been cut: how sure that is, what speaks for it, and how it is prevented.
public struct CutCause: Hashable, Sendable {
  /// The ids, which are stable.
  public enum ID: String, Hashable, Sendable, CaseIterable {
    /// The process's limit of a core's size, `RLIMIT_CORE`.
    case rlimitCore = "rlimit-core"
    /// The process's limit of a file's size, `RLIMIT_FSIZE`.
    case rlimitFileSize = "rlimit-fsize"
    /// The file system was full, or a quota used up.
    case noSpace = "no-space"
    /// The process was killed while it was dumped.
    case killed
    /// It was frozen or suspended meanwhile.
    case freezer
    /// The kernel's pipe to the handler was interrupted.
    case pipeInterrupted = "pipe-interrupted"
    /// The handler in `core_pattern` took no more.
    case handler
    /// systemd-coredump cut it at a limit of its own.
    case systemdLimit = "systemd-limit"
    /// A copy of the core did not come to its end.
    case copy
    /// A copy left blocks out, or wrote them twice.
    case copyBlocks = "copy-blocks"
    /// A compressed stream did not come to its end.
    case stream
    /// Data never reached the disk.
    case writeback
    /// It is still being written.
    case running
  }

  /// How sure a diagnosis is.
  public enum Confidence: String, Hashable, Sendable, Comparable {
    /// What was found leaves no other cause.
    case certain
    /// What was found is rare otherwise.
    case likely
    /// What was found doesn't speak against it.
    case possible

    private var rank: Int {
      switch self {
      case .certain: 2
      case .likely: 1
      case .possible: 0
      }
    }

    public static func < (left: Confidence, right: Confidence) -> Bool { left.rank < right.rank }
  }

  /// Which cause.
  public let id: ID
  /// How sure it is.
  public let confidence: Confidence
  /// What speaks for it, a sentence each. Safe to print.
  public let evidence: [String]

  /// `evidence` has to be safe to print.
  public init(_ id: ID, _ confidence: Confidence, _ evidence: [String]) {
    self.id = id
    self.confidence = confidence
    self.evidence = evidence
  }
}

extension CutCause {
  /// What it is, in words.
  public var title: String {
    switch id {
    case .rlimitCore: "the process's limit of a core's size (RLIMIT_CORE)"
    case .rlimitFileSize: "the process's limit of a file's size (RLIMIT_FSIZE)"
    case .noSpace: "a full file system or a quota"
    case .killed:
      "SIGKILL while the core was written: the OOM killer, cgroup.kill, a supervisor's grace period"
    case .freezer: "a freezer or a suspend while the core was written"
    case .pipeInterrupted:
      "an interrupted pipe to the handler: a cgroup freeze, ptrace, or an io_uring completion"
    case .handler: "the core_pattern handler ended early or limits what it keeps"
    case .systemdLimit: "a limit of systemd-coredump"
    case .copy: "a copy of the core that didn't come to its end"
    case .copyBlocks: "a copy or an upload that left blocks out or wrote them twice"
    case .stream: "a compressed stream that didn't come to its end"
    case .writeback: "data that never reached the disk: a power loss or a crash of the system"
    case .running: "none yet: the core is still being written"
    }
  }

  /// How the next core escapes it: the setting, by its name.
  public var prevention: String {
    switch id {
    case .rlimitCore:
      "ulimit -c unlimited; LimitCORE=infinity in the unit; core in limits.conf; --ulimit core=-1 in Docker"
    case .rlimitFileSize:
      "ulimit -f unlimited; LimitFSIZE=infinity in the unit; fsize in limits.conf"
    case .noSpace: "room, and no quota, where kernel.core_pattern lets cores be written"
    case .killed:
      "TimeoutStopSec= and TimeoutAbortSec= of the unit, terminationGracePeriodSeconds in Kubernetes, longer than"
        + " the dump takes; memory.max high enough for the page cache of the dump"
    case .freezer: "no freezing and no suspend while a core is written"
    case .pipeInterrupted:
      "kernel.core_pattern with a file's name in place of a pipe; no cgroup.freeze and no strace -p while it dumps"
    case .handler:
      "a handler that reads its standard input to the end; kernel.core_pipe_limit above 0 so that the kernel waits for it"
    case .systemdLimit:
      "ProcessSizeMax= and ExternalSizeMax= in coredump.conf(5), and ulimit -c, which systemd-coredump heeds too"
    case .copy: "copying it again from where it came from, and comparing the sizes"
    case .copyBlocks:
      "copying it again from where it came from, and comparing a checksum of both"
    case .stream:
      "fetching the compressed file again, and testing it (zstd -t, lz4 -t, gzip -t, xz -t)"
    case .writeback:
      "sync before the power goes; kernel.core_pattern on a file system that survived"
    case .running: "waiting until the dump has ended"
    }
  }
}
