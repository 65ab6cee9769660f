internal import ArgumentParser
internal import SalvageCapture
internal import SalvageText

/// `coresalvage capture pipe --store DIR %P`
struct CapturePipeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pipe",
    abstract:
      "Take one crash on standard input: what the kernel starts by |PROGRAM in kernel.core_pattern."
  )

  @Argument(help: "The process that crashed, by its id in the initial pid namespace (%P).")
  var processID: UInt32

  @Argument(
    help: """
      Further words of core_pattern: %p %I %i %s %u %g %d %t. Of these %d counts: whether the user who ran it may read its \
      core; without it the kernel is asked.
      """)
  var facts: [String] = []

  @OptionGroup var storing: StoreFlags

  @OptionGroup var capturing: CaptureFlags

  func run() throws {
    let store: CaptureStore
    do {
      store = try storing.opened()
    } catch let error as SalvageError {
      KernelLog.tell("not captured pid \(processID): \(error)")
      throw error
    }
    let event = CapturePipe.run(
      processID: processID,
      dumpMode: facts.count > Self.dumpMode ? UInt32(facts[Self.dumpMode]) ?? 0 : nil,
      store: store, options: capturing.options)
    if case .captured(_, _, _, hadRoom: true) = event.result { return }
    Console.complain(event.line)
    let status = ExitStatus(event.result)
    guard status != .done else { return }
    KernelLog.tell(event.line)
    throw status
  }

  /// Where %d stands among the facts.
  private static let dumpMode = 6
}

extension ExitStatus {
  /// What a crash is worth of which that came.
  fileprivate init(_ result: CaptureEvent.Result) {
    switch result {
    case .captured(_, _, _, let hadRoom): self = hadRoom ? .done : .system
    case .cut, .refused, .finished, .left: self = .done
    case .gone: self = .notACore
    case .noRoom(let error, _), .failed(let error): self = ExitStatus(error)
    }
  }
}
