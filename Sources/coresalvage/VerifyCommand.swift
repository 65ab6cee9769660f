internal import ArgumentParser
internal import SalvageText
internal import SystemPackage

/// `coresalvage verify ARCHIVE…`
struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Decode and check all of an archive, and write nothing.")

  @Argument(
    help: """
      Archives, or folders: of those, every *.core.lz4 and core.lz4 in and below; one at least.
      """)
  var archives: [FileArgument]

  @Option(help: "How many threads decompress; else as many as there are cores.")
  var threads: Int?

  @Flag(name: .shortAndLong, help: "Print only what is damaged or can't be read.")
  var quiet = false

  @Flag(help: "Print one JSON object for each archive.")
  var json = false

  func validate() throws {
    guard threads.map({ (1...1024).contains($0) }) ?? true else {
      throw ValidationError("--threads is 1 to 1024")
    }
  }

  func run() throws {
    var worst: ExitStatus?
    // What can't be read weighs more than damage: nobody knows what is in it.
    func meet(_ status: ExitStatus) { worst = worst?.worse(status) ?? status }
    for name in archives {
      for path in Verification.archives(at: name.path) {
        do throws(SalvageError) {
          let path = try path.get()
          let bar = ProgressBar(label: "verifying")
          let found = try Verification(of: path, threads: threads, progress: bar.report)
          bar.clear()
          if !found.isSound { meet(.damage) }
          if json {
            Console.print(found.json.line)
          } else if !quiet || !found.isSound {
            Console.print(found.description)
          }
        } catch {
          meet(ExitStatus(error))
          if json { Console.print(Verification.json(of: error).line) }
          Console.complain(error.advised)
        }
      }
    }
    if let worst { throw worst }
  }
}
