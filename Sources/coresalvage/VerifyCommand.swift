internal import ArgumentParser
internal import SalvageText
internal import SystemPackage

/// `coresalvage verify ARCHIVE…`
struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", _superCommandName: "coresalvage",
    abstract: "Decode and check all of an archive, and write nothing.")

  @Argument(
    help: """
      Archives, or folders: of those, every *.core.lz4 and core.lz4 in and below; one at least.
      """)
  var archives: [FileArgument]

  @OptionGroup var working: JobsFlag

  @OptionGroup var telling: ReportFlags

  @OptionGroup var advance: ProgressFlag

  func run() throws {
    var worst = ExitStatus.done
    for name in archives {
      for path in Verification.archives(at: name.path) {
        do throws(SalvageError) {
          let path = try path.get()
          let bar = advance.bar("verifying", telling)
          let found = try Verification(of: path, threads: working.count, progress: bar.report)
          bar.clear()
          let isGood = found.isSound && !found.isCoreDamaged
          if !isGood { worst = worst.worse(.damage) }
          if telling.json {
            Console.report(found.json)
          } else if !telling.quiet || !isGood {
            Console.print(found.description)
          }
        } catch {
          // What can't be read weighs more than damage: nobody knows what is in it.
          worst = worst.worse(Console.tell(error, of: error.file, isJSON: telling.json))
        }
      }
    }
    if worst != .done { throw worst }
  }
}
