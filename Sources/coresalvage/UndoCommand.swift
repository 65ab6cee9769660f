internal import ArgumentParser
internal import SalvageText
internal import SystemPackage

/// `coresalvage undo CORE…`
struct UndoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "undo", _superCommandName: "coresalvage",
    abstract: "Give back the cores that repaired ones were made from, in place.")

  @Argument(help: "Cores that coresalvage repaired.")
  var cores: [FileArgument]

  @OptionGroup var rehearsal: DryRunFlag

  @OptionGroup var telling: ReportFlags

  func run() throws {
    var worst = ExitStatus.done
    for core in cores {
      do throws(SalvageError) {
        let undo = rehearsal.dryRun ? try Undo(rehearsing: core.path) : try Undo(core.path)
        telling.say(undo.json(of: core.path), lines(undo, core))
      } catch {
        worst = worst.worse(Console.tell(error, of: core.path, isJSON: telling.json))
      }
    }
    if worst != .done { throw worst }
  }

  private func lines(_ undo: Undo, _ core: FileArgument) -> [String] {
    let verb = rehearsal.dryRun ? "would be undone" : "is undone"
    var lines = [
      "\(core.words): the repair \(verb): \(ByteCount(undo.size)), as it found them",
      "  checked   \(ByteCount(undo.verifiedBytes)): the headers and notes are what the repair found",
      "  unchecked \(ByteCount(undo.uncheckedBytes)): the repair never wrote the memory; if anybody changed it"
        + " since, it is changed",
    ]
    lines += undo.damage.map { "  damage    \($0.text)" }
    if undo.unknownBytes > 0 {
      let words =
        undo.unknownBytes == 1
        ? "was lost to the repair too: it is" : "were lost to the repair too: they are"
      lines.append(
        "  note      \(ByteCount(undo.unknownBytes)) of it \(words) what stood in the repaired core"
      )
    }
    return lines
  }
}
