internal import CoreIO
internal import Glibc
internal import SystemPackage

/// What /proc tells of a process that is being dumped, for when the kernel's notes don't come to their end: where its threads
/// stand, and its auxiliary vector.
struct StandIn: Hashable, Sendable {
  /// One thread, by the two registers that /proc shows of a process while it is dumped.
  struct Thread: Hashable, Sendable {
    /// In the process's own pid namespace, as in the notes.
    let id: UInt32
    let programCounter: UInt64
    let stackPointer: UInt64
    /// Whether it is the thread that crashed.
    let isDumper: Bool
  }

  /// The one that crashed first.
  private(set) var threads: [Thread] = []
  let auxiliaryVector: [UInt8]

  static let nothing = StandIn(threads: [], auxiliaryVector: [])

  init(threads: [Thread], auxiliaryVector: [UInt8]) {
    self.threads = threads
    self.auxiliaryVector = auxiliaryVector
  }

  /// Asks for one thread after the other.
  ///
  /// - Parameter isContained: whether threads have other numbers in the process's pid namespace than in ours.
  private init(_ process: ProcessFolder, isContained: Bool) {
    auxiliaryVector = process.auxiliaryVector
    guard let tasks = process.open("task"),
      let folder = try? WalkedFolder(tasks, path: "/proc/PID/task", relativePath: "")
    else { return }
    while threads.count < Self.mostThreads, let (name, _) = try? folder.next() {
      guard let id = UInt32(name.string),
        let task = try? folder.open(name, O_RDONLY | O_DIRECTORY, path: folder.path)
      else { continue }
      defer { try? task.close() }
      guard let stat = ProcFile.contents("stat", in: task, most: 4096) else { continue }
      var own: UInt32? = id
      if isContained {
        own =
          ProcFile.contents("status", in: task, most: 16 << 10).map(StatusFile.init)?
          .nestedIDs.last
      }
      guard let own, let thread = Thread(stat, id: own) else { continue }
      threads.insert(thread, at: thread.isDumper ? 0 : threads.count)
    }
  }

  private static let mostThreads = 4096

  /// One that is being asked for, beside what else is done.
  final class Pending: @unchecked Sendable {
    // It guards what is below.
    private let monitor = Monitor()
    private var result: StandIn?

    init(_ process: ProcessFolder, isContained: Bool) {
      let isStarted = BackgroundThread.start {
        BackgroundThread.setNice(-10)
        self.end(StandIn(process, isContained: isContained))
      }
      if !isStarted { result = .nothing }
    }

    private func end(_ standIn: StandIn) {
      monitor.locked {
        result = standIn
        monitor.wakeAll()
      }
    }

    /// All that could be read.
    var value: StandIn {
      monitor.locked {
        monitor.wait { result == nil }
        return result ?? .nothing
      }
    }
  }
}

extension StandIn.Thread {
  /// PF_DUMPCORE: the thread on whose behalf the kernel dumps.
  private static let dumperFlag: UInt64 = 0x200

  /// Reads /proc/PID/task/ID/stat: flags, kstkesp and kstkeip are its fields 9, 29 and 30. nil where the kernel shows none.
  init?(_ stat: [UInt8], id: UInt32) {
    // The name before the last bracket may hold anything.
    guard let end = stat.lastIndex(of: UInt8(ascii: ")")) else { return nil }
    let fields = stat[(end + 1)...].split(separator: UInt8(ascii: " "))
    guard fields.count > 27 else { return nil }
    func number(_ field: Int) -> UInt64? {
      UInt64(String(decoding: fields[field - 3], as: UTF8.self))
    }
    guard let flags = number(9), let stack = number(29), let counter = number(30), stack > 0 else {
      return nil
    }
    self.init(
      id: id, programCounter: counter, stackPointer: stack,
      isDumper: flags & Self.dumperFlag != 0)
  }
}
