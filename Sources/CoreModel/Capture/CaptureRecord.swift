internal import CoreIO

/// How a dump was taken, and what befell its process meanwhile: the CAPTURE note. See coresalvage-format(5).
///
/// What comes out of a core is its word. Names, paths and command lines in it are raw bytes that a stranger may have chosen.
public struct CaptureRecord: Hashable, Sendable {
  /// How the kernel handed the crash over.
  public enum Way: String, Hashable, Sendable, CaseIterable {
    /// To a listening socket (`@@PATH` in core_pattern).
    case socket
    /// To a program that it starts (`|PROGRAM` in core_pattern).
    case pipe
  }

  /// How far a capture came. A later one has all that the earlier ones have.
  public enum State: String, Hashable, Sendable, CaseIterable {
    /// The crash is known, the process's files in /proc are open.
    case accepted
    /// The memory of the process outlives it.
    case pinned
    /// The registers of all threads are read.
    case noted
    /// The core exists and can be opened.
    case born
    /// The process was let go.
    case released
    /// The innermost frames of all threads are saved.
    case near
    /// What a debugger needs to name frames is saved: the link map, names, header pages.
    case linked
    /// All small segments are saved.
    case small
    /// All that could be read is saved.
    case done
  }

  /// When a state was reached.
  public struct Step: Hashable, Sendable {
    /// Which.
    public let state: State
    /// In microseconds since the crash was handed over.
    public let microseconds: UInt64

    package init(_ state: State, _ microseconds: UInt64) {
      self.state = state
      self.microseconds = microseconds
    }
  }

  /// A soft and a hard limit of the process; nil for unlimited.
  public struct Limit: Hashable, Sendable {
    /// As /proc/PID/limits has it: "Max core file size".
    public let name: String
    /// The soft limit.
    public let soft: UInt64?
    /// The hard limit.
    public let hard: UInt64?

    package init(name: String, soft: UInt64?, hard: UInt64?) {
      self.name = name
      self.soft = soft
      self.hard = hard
    }
  }

  /// A process that sent a signal, as it was then.
  public struct Sender: Hashable, Sendable {
    /// In the initial pid namespace.
    public var processID: UInt32
    /// Its short name.
    public var name: [UInt8]
    /// Its words, with a NUL after each; empty where it was gone before it could be asked.
    public var commandLine: [UInt8] = []
    /// Its cgroup, as a path; empty where that is not known.
    public var cgroup: [UInt8] = []
    /// Its real user; nil where that is not known.
    public var userID: UInt32?
    /// By how many microseconds its signal came before the one that its victim sent; nil for the sender of the last signal.
    public var microsecondsBefore: UInt64?

    package init(processID: UInt32, name: [UInt8]) {
      self.processID = processID
      self.name = name
    }
  }

  /// That the process was killed while its dump was taken.
  public struct Kill: Hashable, Sendable {
    /// What sent the signal.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
      /// A process, by kill(2) or a pidfd.
      case signal
      /// A process, through `cgroup.kill`.
      case cgroup
      /// The OOM killer. The sender is the task that asked for memory, and is no culprit.
      case oom
      /// The end of its pid namespace's init.
      case namespace
      /// It ended, and nothing told why: tracing was off.
      case unknown
    }

    /// What sent it.
    public var kind: Kind
    /// When, in microseconds since the crash was handed over.
    public var microseconds: UInt64
    /// Who sent it, first; then who had killed that one shortly before, and so on.
    public var senders: [Sender]

    package init(kind: Kind, microseconds: UInt64, senders: [Sender]) {
      self.kind = kind
      self.microseconds = microseconds
      self.senders = senders
    }
  }

  /// A file that the process had mapped as code.
  public struct Module: Hashable, Sendable {
    /// Its path, in the process's own root.
    public var path: [UInt8]
    /// Where its first page lies.
    public var base: UInt64
    /// Its build-id; nil where it has none, or none that could be read.
    public var buildID: [UInt8]?
    /// Whether the file was deleted already.
    public var isDeleted: Bool

    package init(path: [UInt8], base: UInt64, buildID: [UInt8]?, isDeleted: Bool) {
      self.path = path
      self.base = base
      self.buildID = buildID
      self.isDeleted = isDeleted
    }
  }

  /// The version of coresalvage that took it.
  public var tool: String = SalvageVersion.tool
  /// How it was handed over.
  public var way: Way
  /// When, in microseconds since 1970.
  public var time: UInt64
  /// The kernel's boot id, 32 hexadecimal digits.
  public var bootID: String = ""
  /// The machine's name.
  public var host: [UInt8] = []
  /// In the initial pid namespace.
  public var processID: UInt32
  /// In the innermost namespace; nil where it is in the initial one.
  public var containedProcessID: UInt32?
  /// The thread that crashed, in the initial pid namespace; nil where that is not known.
  public var threadID: UInt32?
  /// The signal that it crashed with; nil where that is not known.
  public var signal: UInt32?
  /// Its real user.
  public var userID: UInt32?
  /// Its real group.
  public var groupID: UInt32?
  /// Whether it had changed its credentials, so that its core is for root alone.
  public var hasChangedCredentials = false
  /// Its short name.
  public var name: [UInt8] = []
  /// The path of its program.
  public var program: [UInt8] = []
  /// Its words, with a NUL after each.
  public var commandLine: [UInt8] = []
  /// Its cgroup, as a path.
  public var cgroup: [UInt8] = []
  /// The container that the cgroup names: 64 hexadecimal digits.
  public var containerID: String?
  /// The systemd unit that the cgroup names.
  public var unit: [UInt8]?
  /// All of its limits.
  public var limits: [Limit] = []
  /// Which kinds of memory the kernel dumps, as in /proc/PID/coredump_filter.
  public var coredumpFilter: UInt64?
  /// The states that were reached, in their order.
  public var steps: [Step] = []
  /// Whether the daemon was killed before it had finished, and the rest was found later.
  public var wasInterrupted = false
  /// Of how many threads the note of registers holds the program counter and the stack pointer alone, because the kernel's
  /// notes were cut; nil where they are whole.
  public var partialThreads: UInt32?
  /// Why the memory could not be pinned, or was let go before it was saved, in words; nil where there is nothing to say.
  public var remark: String?
  /// That it was killed meanwhile; nil where it was not.
  public var kill: Kill?
  /// Its files, by address.
  public var modules: [Module] = []
  /// How many more there were than the note has room for.
  public var modulesLeftOut: UInt64 = 0

  package init(way: Way, time: UInt64, processID: UInt32) {
    self.way = way
    self.time = time
    self.processID = processID
  }

  /// The last state that was reached.
  public var state: State { steps.last?.state ?? .accepted }
}
