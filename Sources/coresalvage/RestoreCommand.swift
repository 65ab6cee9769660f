internal import ArgumentParser
internal import SalvageText
internal import SystemPackage

/// `coresalvage restore ARCHIVE OUT`
struct RestoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore",
    abstract: "Get the core out of an archive or a bundle again, as much of it as is not damaged.")

  @Argument(help: "The archive or the bundle; - for standard input.")
  var archive: FileArgument

  @Argument(help: "The core; - for standard output.")
  var output: FileArgument

  @Option(help: "How many threads decompress; else as many as there are cores.")
  var threads: Int?

  @Option(help: "When stretches of zeros become holes.")
  var sparse = Sparseness.auto

  @Option(help: "Where an archive from a pipe is put while it is read.", completion: .directory)
  var tempDir: FileArgument?

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
  }

  func run() throws {
    let place = try OutputPlace(output.path)
    try place.refuseTerminal()
    guard !json || !place.isStandardOutput else {
      throw ValidationError("--json and - for the core both want standard output")
    }
    let folder = tempDir?.path ?? Environment.temporaryFolder ?? IntakeOptions().temporaryFolder
    let restore = try Restore(of: archive.path, threads: threads, temporaryFolder: folder)
    var options = RepairOptions()
    options.sparse = sparse
    options.force = force
    let bar = ProgressBar(label: "restoring")
    let restored = try restore.write(to: place, options: options, progress: bar.report)
    bar.clear()
    describe(restored, place)
    if let failure = restore.readFailure { throw failure }
    guard restored.report == nil else { throw ExitStatus.damage }
  }

  private func describe(_ restored: Restore.Restored, _ place: OutputPlace) {
    guard !quiet else { return }
    if json {
      return Console.print(restored.json(archive: archive.path, output: place.path).line)
    }
    if restored.report == nil, restored.isDamaged {
      Console.complain(
        "\(PrintableText(archive.path)): is damaged, though nothing of the core is lost; archive it anew"
      )
      for remark in restored.remarks {
        Console.complain("\(PrintableText(archive.path)): \(remark)")
      }
    }
    if place.isStandardOutput {
      if let report = restored.report { Console.complain(report.description) }
      return
    }
    var lines: [String] = []
    if let report = restored.report { lines.append(report.description) }
    let name = PrintableText(place.name)
    lines.append(
      restored.report == nil
        ? "restored to \(name), \(ByteCount(restored.size))"
          + (restored.isFromBundle ? ", as it is in the bundle" : ", every block checked")
        : "what survived was written to \(name)")
    Console.print(lines.joined(separator: "\n"))
  }
}
