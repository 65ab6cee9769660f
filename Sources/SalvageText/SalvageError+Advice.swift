public import CoreIO

extension SalvageError {
  /// The error as the command prints it: with the option or the command that helps, where one does. Safe to print.
  public var advised: String {
    switch kind {
    case .otherPacking(_, let command): line("\(words); try `\(command) IN | coresalvage - OUT`")
    case .unreadableForPipe(let length):
      line("\(words); write to a file, or name them with --lost-range \(offset ?? 0):\(length)")
    case .stillWritten: line("\(words); --force takes what is there")
    case .damagedBlock: line("\(words); coresalvage restore makes a core of the rest")
    case .outputExists: line("\(words); --force replaces it")
    case .mendingInPlace: line("--shifts mend puts memory elsewhere, which is not done in place")
    case .paddingInPlace:
      line("--lost pad would show the damaged bytes, which stay where they are in place")
    case .undoInterrupted: line("an undo was interrupted; `coresalvage undo` completes it")
    case .noSharing:
      line("can't share data with the input (--reflink always): not on one file system that can")
    case .tooManyBlocks: line("can't hold so many blocks; give a larger --block-size")
    default: description
    }
  }
}
