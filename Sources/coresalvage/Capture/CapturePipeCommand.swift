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
    let store = try storing.opened()
    CapturePipe.run(
      processID: processID,
      dumpMode: facts.count > Self.dumpMode ? UInt32(facts[Self.dumpMode]) ?? 0 : nil,
      store: store, options: capturing.options
    ) { _ in }
  }

  /// Where %d stands among the facts.
  private static let dumpMode = 6
}
