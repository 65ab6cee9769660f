internal import ArgumentParser
internal import Salvage
internal import SystemPackage

/// `coresalvage restore ARCHIVE OUT`
struct RestoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore",
    abstract: "Get the core out of an archive again, as much of it as is not damaged.")

  @Argument(help: "The archive; - for standard input.")
  var archive: String

  @Argument(help: "The core; - for standard output.")
  var output: String

  @Option(help: "How many threads decompress; else as many as there are cores.")
  var threads: Int?

  @Option(help: "When stretches of zeros become holes.")
  var sparse = RepairOptions.Sparse.auto

  @Option(help: "Where an archive from a pipe is put while it is read.")
  var tempDir: String?

  @Flag(help: "Replace an output that exists.")
  var force = false

  @Flag(name: .shortAndLong, help: "Print nothing but errors.")
  var quiet = false

  @Flag(help: "Print the report as one JSON object.")
  var json = false

  func validate() throws {
    guard threads.map({ (1...1024).contains($0) }) ?? true else {
      throw ValidationError("--threads is 1 to 1024")
    }
    guard output != "-" || !json else {
      throw ValidationError("--json and - for the core both want standard output")
    }
  }

  func run() throws {
    var intake = IntakeOptions()
    if let folder = tempDir ?? Environment.temporaryFolder {
      intake.temporaryFolder = FilePath(folder)
    }
    let file = try InputFile.opening(archive, temporaryFolder: intake.temporaryFolder)
    let restore = try Restore(of: file, threads: threads)
    var options = RepairOptions()
    options.sparse = sparse
    options.force = force
    Interruption.watch()
    let bar = ProgressBar(label: "restoring")
    let restored =
      output == "-"
      ? try restore.write(to: .standardOutput, options: options, progress: bar.report)
      : try restore.write(to: FilePath(output), options: options, progress: bar.report)
    bar.clear()
    describe(restored)
    guard restored.report == nil else { throw ExitStatus.damage }
  }

  private func describe(_ restored: Restore.Restored) {
    guard !quiet else { return }
    if json { return Console.print(restored.json(archive: archive, output: output).line) }
    if restored.report == nil, restored.isDamaged {
      Console.complain(
        "\(PrintableText(archive)): is damaged, though nothing of the core is lost; archive it anew"
      )
      for remark in restored.remarks { Console.complain("\(PrintableText(archive)): \(remark)") }
    }
    if output == "-" {
      if let report = restored.report { Console.complain(report.description) }
      return
    }
    var lines: [String] = []
    if let report = restored.report { lines.append(report.description) }
    let name = PrintableText(output)
    lines.append(
      restored.report == nil
        ? "restored to \(name), \(ByteCount(restored.size)), every block checked"
        : "what survived was written to \(name)")
    Console.print(lines.joined(separator: "\n"))
  }
}
