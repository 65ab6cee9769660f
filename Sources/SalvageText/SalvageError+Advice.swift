public import CoreIO
internal import SystemPackage

extension SalvageError {
  /// The error as the command prints it: with the option or the command that helps, where one does. Safe to print.
  public var advised: String {
    switch kind {
    case .otherPacking(_, let command):
      line("\(words); \(unpacking(command))")
    case .otherDump(_, let command): line("\(words); \(inFile(command))try `\(typed(command))`")
    case .unreadableForPipe(let length):
      line("\(words); write to a file, or name them with --lost-range \(offset ?? 0):\(length)")
    case .stillWritten: line("\(words); --growing takes what is there")
    case .damagedBlock: line("\(words); coresalvage restore makes a core of the rest")
    case .outputExists: line("\(words); --force replaces it")
    case .mendingInPlace: line("--shifts mend puts memory elsewhere, which is not done in place")
    case .paddingInPlace:
      line("--lost pad would show the damaged bytes, which stay where they are in place")
    case .longerThanRepaired(let size):
      line(
        "\(words); `truncate -s \(size) \(ShellWord(file))` takes that away for good, then it can be undone"
      )
    case .undoInterrupted: line("an undo was interrupted; `coresalvage undo` completes it")
    case .noSharing:
      line("can't share data with the input (--reflink always): not on one file system that can")
    case .tooManyBlocks: line("can't hold so many blocks; give a larger --block-size")
    case .io(.noSuchFileOrDirectory, _) where file.isOfRemovedFolder:
      line("\(words): the current folder was removed")
    default: description
    }
  }

  /// Whether what is compressed is an archive of tar, by its name: then unpacking alone gives no core.
  private var isTarByName: Bool {
    let name = String(decoding: file.bytes, as: UTF8.self)
    return name.hasSuffix(".tgz") || name.hasSuffix(".txz")
      || name.split(separator: ".").suffix(2).first == "tar"
  }

  /// What unpacks it into a repair.
  private func unpacking(_ given: String) -> String {
    let command = isTarByName && !given.hasPrefix("tar ") ? "tar -xOf IN \(Packing.anyName)" : given
    let repair = "`\(typed(command)) | coresalvage - repaired.core`"
    guard command.hasSuffix(" \(Packing.anyName)") else { return inFile(command) + "try \(repair)" }
    let list = command.hasPrefix("tar ") ? "tar -tf IN" : "unzip -l IN"
    return inFile(command)
      + "`\(typed(list))` lists what is in it, \(repair) repairs a core of these"
  }

  /// What comes first where the command reads no standard input, or there are two that would read it.
  private func inFile(_ command: String) -> String {
    let program = command.prefix { $0 != " " }
    let needsFile =
      command.hasSuffix(" \(Packing.anyName)")
      || ["unzip", "7z", "lldb", "crash", "makedumpfile"].contains(program)
    return file == StandardInput.name && needsFile ? "put it into FILE, then " : ""
  }

  /// A command with the file's name in the place of `IN`.
  private func typed(_ command: String) -> String {
    let isFile = !inFile(command).isEmpty
    let name =
      file == StandardInput.name ? isFile ? "FILE" : "-" : ShellWord(file).description
    return command.split(separator: " ").map { $0 == "IN" ? name : String($0) }
      .joined(separator: " ")
  }
}
