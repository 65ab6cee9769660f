import SystemPackage
import Testing
import TestSupport

/// `coresalvage note`
@Suite("the note command")
struct NoteCommandTests {
  private static let core = CoreBuilder.typical().build()

  private static func repaired(in folder: ScratchFolder, cutTo size: Int) throws -> FilePath {
    let input = try folder.write(core.cut(to: size), to: "in.core")
    let output = folder.file("out.core")
    try Tool.coresalvage(input.string, output.string).runSuccessfully()
    return output
  }

  @Test("lists every lost range, of memory by address and of the notes and the table by offset")
  func text() throws {
    let folder = try ScratchFolder()
    let thread = Self.core.noteRanges[0].upperBound
    let output = try Self.repaired(in: folder, cutTo: thread + 8)
    let result = try Tool.coresalvage("note", output.string).runSuccessfully()
    let lost = try #require(try ReferenceCore(contentsOf: output).lost())
    #expect(!lost.memory.isEmpty && !lost.structure.isEmpty)
    for loss in lost.memory {
      let range =
        "0x\(String(loss.address, radix: 16))-0x\(String(loss.range.upperBound, radix: 16))"
      #expect(result.text.contains(range), "\(result)")
    }
    #expect(result.text.contains("notes at offset \(thread + 8)"), "\(result)")
    #expect(result.text.contains("past end of file, dropped"))
    #expect(result.text.contains(#""sizeFound":\#(thread + 8)"#))
  }

  @Test("with --json prints one object that says what the notes say")
  func json() throws {
    let folder = try ScratchFolder()
    let output = try Self.repaired(in: folder, cutTo: 20_000)
    let result = try Tool.coresalvage("note", output.string, "--json").runSuccessfully()
    let value = try ParsedJSON(result.text)
    let core = try ReferenceCore(contentsOf: output)
    let lost = try #require(try core.lost())
    #expect(value["sizeFound"]?.number == 20_000)
    #expect(value["sizeDue"]?.number == Double(lost.sizeDue))
    let entries = try #require(value["lost"]?.array)
    #expect(entries.map { $0["offset"]?.number } == lost.entries.map { Double($0.offset) })
    #expect(entries.map { $0["length"]?.number } == lost.entries.map { Double($0.length) })
    #expect(
      entries.map { $0["address"]?.string }
        == lost.entries.map { "0x" + String($0.address, radix: 16) })
  }

  @Test("says of a core that was never repaired that it was not")
  func unrepaired() throws {
    let folder = try ScratchFolder()
    let input = try folder.write(Self.core.bytes, to: "whole.core")
    let result = try Tool.coresalvage("note", input.string).runSuccessfully()
    #expect(result.text.contains("no repair"))
    let json = try Tool.coresalvage("note", input.string, "--json").runSuccessfully()
    #expect(try ParsedJSON(json.text)["lost"]?.array == [])
  }

  @Test("refuses what is no core, or not there")
  func refusals() throws {
    let folder = try ScratchFolder()
    let text = try folder.write(Array("hello".utf8), to: "text")
    for (path, status) in [(text, 2), (folder.file("missing"), 3)] as [(FilePath, Int32)] {
      let result = try Tool.coresalvage("note", path.string).run()
      #expect(result.ending == .exit(status))
      #expect(result.output.isEmpty && result.errorText.split(separator: "\n").count == 1)
    }
  }
}
