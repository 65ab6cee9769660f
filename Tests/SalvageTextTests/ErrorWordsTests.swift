import Foundation
import Salvage
import SalvageFoundation
import SalvageText
import SystemPackage
import Testing

/// The words of errors: for those who use the library, and for those who type commands.
@Suite("an error")
struct ErrorWordsTests {
  private static let kinds: [SalvageError.Kind] = [
    .io(.noSpace, call: "write"), .notACore(expected: "a core", found: "text"),
    .otherPacking(name: "xz", command: "xz -dc IN"),
    .otherDump(name: "a minidump", command: "lldb -c IN"), .nothingUnpacked(reason: "cut"),
    .emptyFile,
    .noArchives, .beyondRepair(reason: "cut"), .notAnArchive(found: "text"),
    .damagedBlock(core: 1..<2), .memoryNotSaved(address: 7, reason: "it is lost"), .outputExists,
    .outputIsInput,
    .outputIsTerminal, .badMapFile(line: 3, expected: "a number", found: "text"),
    .unreadableForPipe(length: 512), .stillWritten(reason: "still grows: somebody writes it"),
    .inUse, .notInPlace(reason: "is compressed"), .mendingInPlace, .paddingInPlace,
    .undoInterrupted, .longerThanRepaired(size: 512), .badOutput(reason: "is a folder"), .noSharing,
    .tooManyBlocks,
    .tooLargeForArchive(size: 1 << 43, most: 1 << 42), .cancelled,
  ]

  @Test("names no option and no command of coresalvage, and says the file", arguments: kinds)
  func words(kind: SalvageError.Kind) {
    let words = SalvageError(kind, file: "x.core", offset: 4096).description
    #expect(words.hasPrefix("x.core: offset 4096: ") && words.count > 25)
    #expect(
      words.firstMatch(of: /--[a-z]|coresalvage [-a-z]+ (makes|completes)|\| coresalvage/) == nil)
  }

  @Test("is its own sentence to those who have Foundation", arguments: kinds)
  func localized(kind: SalvageError.Kind) {
    let error = SalvageError(kind, file: "x.core")
    #expect((error as any Error).localizedDescription == error.description)
  }

  @Test("has the option or the command that helps where the command prints it")
  func advice() {
    func advised(_ kind: SalvageError.Kind) -> String {
      SalvageError(kind, file: "x.core", offset: 8).advised
    }
    #expect(advised(.outputExists) == "x.core: offset 8: exists already; --force replaces it")
    #expect(
      advised(.otherPacking(name: "xz", command: "xz -dc IN")).hasSuffix(
        "found xz; try `xz -dc x.core | coresalvage - repaired.core`"))
    #expect(
      advised(.otherDump(name: "a minidump", command: "lldb -c IN")).hasSuffix(
        "found a minidump; try `lldb -c x.core`"))
    #expect(advised(.unreadableForPipe(length: 512)).hasSuffix("--lost-range 8:512"))
    #expect(
      SalvageError(.longerThanRepaired(size: 512), file: "-x y").advised.contains(
        "`truncate -s 512 './-x y'`"))
    let alone = Self.kinds.filter {
      advised($0) == SalvageError($0, file: "x.core", offset: 8).description
    }
    #expect(alone.count == Self.kinds.count - 12)
  }
}
