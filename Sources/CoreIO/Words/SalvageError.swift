internal import Glibc
public import SystemPackage

/// Why a salvage stopped. Damage is no error: it is a finding in the damage map, and the work goes on.
///
/// It names the file, and where that helps the offset, what was expected and what was found.
public struct SalvageError: Error, Hashable, Sendable {
  /// What stopped it.
  public enum Kind: Hashable, Sendable {
    /// A system call said no.
    case io(Errno, call: String)
    /// These bytes are no core.
    case notACore(expected: String, found: String)
    /// These bytes are packed in a way that we don't read; the command unpacks the file `IN` into its standard output.
    case otherPacking(name: String, command: String)
    /// A dump of another kind; the command opens it.
    case otherDump(name: String, command: String)
    /// A packed stream that ends, or can't be decoded, before its first byte: nobody knows what was in it.
    case nothingUnpacked(reason: String)
    /// A file without a byte.
    case emptyFile
    /// A folder in which there is no archive.
    case noArchives
    /// A core of which nothing can be used.
    case beyondRepair(reason: String)
    /// These bytes are no archive of ours.
    case notAnArchive(found: String)
    /// A block of an archive is damaged; the core's bytes in it can't be had.
    case damagedBlock(core: Range<UInt64>)
    /// A core without the memory that was asked for.
    case memoryNotSaved(address: UInt64, reason: String)
    /// The output is there already and was not to be replaced.
    case outputExists
    /// The output is the input, or another file that is read.
    case outputIsInput
    /// The output is a terminal, which a core would reach raw.
    case outputIsTerminal
    /// A map file that is none of GNU ddrescue; line 0 stands for all of it.
    case badMapFile(line: Int, expected: String, found: String)
    /// A range that can't be read, found when the headers that should name it had gone into a pipe.
    case unreadableForPipe(length: UInt64)
    /// The core is not all there yet.
    case stillWritten(reason: String)
    /// Somebody else has the file locked.
    case inUse
    /// What can't be done to a file in place.
    case notInPlace(reason: String)
    /// What was moved can't be put back to its place in the file itself.
    case mendingInPlace
    /// Damaged bytes stay where they are in place: left under their program header they would pass for memory.
    case paddingInPlace
    /// A repaired core has more bytes than the repair gave it: `size` is where it ended. Cut to that, it can be undone.
    case longerThanRepaired(size: UInt64)
    /// An undo was interrupted, and another one completes it.
    case undoInterrupted
    /// The output's place can't take a file.
    case badOutput(reason: String)
    /// Input and output were to share their data, and can't.
    case noSharing
    /// An archive of that block size can't hold the core.
    case tooManyBlocks
    /// No archive can hold so large a core, holes included: only one that is smaller than `most` bytes.
    case tooLargeForArchive(size: UInt64, most: UInt64)
    /// The task was cancelled, or whoever looked on wanted no more. Nothing half written is left.
    case cancelled
  }

  /// What stopped it.
  public let kind: Kind
  /// The file that it is about.
  public let file: FilePath
  /// Where in it, in bytes; nil where that tells nothing.
  public let offset: UInt64?

  /// An error about this file.
  public init(_ kind: Kind, file: FilePath, offset: UInt64? = nil) {
    self.kind = kind
    self.file = file
    self.offset = offset
  }

  /// Whether the device or the file system could not give the bytes: another page may be readable.
  package var isUnreadable: Bool {
    guard case .io(let errno, call: "read") = kind else { return false }
    // What the kernel makes of medium errors, failed checksums and broken metadata.
    return [.ioError, .badMessage, .illegalByteSequence, .noData, .timedOut].contains(errno)
      || errno.rawValue == Glibc.EUCLEAN || errno.rawValue == Glibc.EREMOTEIO
  }

  /// The input ends before the size that it had when it was opened.
  package static func becameShorter(_ file: FilePath, at offset: UInt64) -> SalvageError {
    SalvageError(.io(.ioError, call: "read (the file became shorter)"), file: file, offset: offset)
  }
}

extension SalvageError: CustomStringConvertible {
  /// One line for people, safe to print.
  public var description: String { line(words) }

  /// Words about the file and the place in it.
  package func line(_ words: String) -> String {
    let place = offset.map { "offset \($0): " } ?? ""
    return "\(PrintableText(file)): \(place)\(words)"
  }

  /// What is wrong, without the file. It names no option or command of ours: those who use the library have none.
  package var words: String {
    switch kind {
    case .io(let errno, let call): "\(call): \(errno)"
    case .notACore(let expected, let found):
      "not a core: expected \(expected), found \(found)"
    case .otherPacking(let name, _):
      "not a core: expected a core, .zst, .lz4 or .gz, found \(name)"
    case .otherDump(let name, _): "not a core: expected an ELF core, found \(name)"
    case .nothingUnpacked(let reason): "\(reason): whether it held a core can't be told"
    case .emptyFile:
      "is empty: of a core nothing was written, as on a full disk; there is nothing to repair"
    case .noArchives: "holds no archive: no file in or below it is named core.lz4 or *.core.lz4"
    case .beyondRepair(let reason): "beyond repair: \(reason)"
    case .badMapFile(let line, let expected, let found):
      "no map file of ddrescue: \(line > 0 ? "line \(line): " : "")expected \(expected), found \(found)"
    case .unreadableForPipe(let length):
      "\(counted(length, "byte")) can't be read, and the headers that should say so are in the pipe already"
    case .stillWritten(let reason): reason
    case .inUse:
      "is locked: somebody else repairs it in place, undoes that, captures it still, or reads it; try again when that is done"
    case .notInPlace(let reason): reason
    case .notAnArchive(let found): "not an archive that coresalvage wrote: found \(found)"
    case .damagedBlock(let range):
      "the archive is damaged: offsets \(range.lowerBound) to \(range.upperBound) of the core can't be read"
    case .memoryNotSaved(let address, let reason):
      "has no memory at 0x\(hexadecimal(address)): \(reason)"
    case .outputExists: "exists already"
    case .outputIsInput:
      "is the input itself, or another file that is read; give another name for the output"
    case .outputIsTerminal: "is a terminal, and this is no text; name a file, or redirect it"
    case .badOutput(let reason): reason
    case .mendingInPlace: "what was moved in it is not put back in place"
    case .paddingInPlace:
      "to pad would show the damaged bytes, which stay where they are in place"
    case .longerThanRepaired(let size):
      "was made longer since it was repaired: what begins at \(size) is no part of the repaired core"
    case .undoInterrupted: "an undo was interrupted, and is to be completed first"
    case .noSharing: "can't share data with the input: not on one file system that can"
    case .tooLargeForArchive(let size, let most):
      "can't hold a core of \(ByteCount(size)), holes included: one of less than \(ByteCount(most)) at the most"
    case .tooManyBlocks: "can't hold so many blocks; give a larger block size"
    case .cancelled: "cancelled"
    }
  }
}
