import CoreModel
import ELFCore
import TestSupport
import Testing

/// Where functions begin, by the table for who unwinds a stack.
@Suite("the table of functions")
struct FrameTableTests {
  private static let format = ELFFormat(width: .bits64, byteOrder: .little)

  @Test("has every function of a file, those without a name among them", .needs(.gcc, .tool("nm")))
  func hasFunctions() throws {
    let folder = try ScratchFolder()
    var source = ""
    for number in 0..<200 {
      source += "static int own_\(number)(int x) { return x * \(number); }\n"
    }
    source += "int (*all[])(int) = {"
    for number in 0..<200 { source += "own_\(number)," }
    try folder.write(Array((source + "};").utf8), to: "all.c")
    let library = folder.file("all.so")
    let words = ["-O1", "-shared", "-fPIC", "-o", library.string, folder.file("all.c").string]
    try Tool("gcc", words).runSuccessfully()
    let bytes = try ReferenceSource.contents(of: library)
    guard let headers = ImageHeaders(bytes.span) else { throw ReferenceError("no ELF file") }
    let segment = try #require(headers.first(.frameTable))
    let part = Array(bytes[Int(segment.fileOffset)..<Int(segment.fileOffset + segment.fileSize)])
    let table = try #require(FrameTable(part, at: segment.address, in: headers.format))
    // "00000000000010f9 t f0"
    let lines = try Tool("nm", [library.string]).runSuccessfully().text.split(separator: "\n")
    var starts: [UInt64] = []
    for line in lines {
      let words: [Substring] = line.split(separator: " ")
      guard words.count == 3, words[1] == "t", words[2].hasPrefix("own_"),
        let start = UInt64(words[0], radix: 16)
      else { continue }
      starts.append(start)
    }
    #expect(starts.count == 200)
    for start in starts {
      #expect(table.function(before: start) == start)
      #expect(table.function(before: start + 1) == start)
    }
    #expect(table.function(before: 0) == nil)
  }

  /// A table at 0x1000 of functions at some distances from it.
  private static func bytes(_ distances: [Int32], count: UInt32) -> [UInt8] {
    var bytes: [UInt8] = [1, 0x1b, 3, 0x3b, 0, 0, 0, 0]
    func add(_ value: UInt32) {
      for shift in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * shift))) }
    }
    add(count)
    for distance in distances {
      add(UInt32(bitPattern: distance))
      add(0)
    }
    return bytes
  }

  @Test("that says it is longer than it is, or is in no order, names no function behind an address")
  func isHostile() throws {
    let orders: [[Int32]] = [[], [-16], [-0x2000, 16], [500, 3, -9, 70], [.max, .min, 0]]
    let counts: [UInt32] = [0, 1, 3, .max]
    let addresses: [UInt64] = [0, 0xff0, 0x1000, 0x1010, .max]
    for distances in orders {
      for count in counts {
        let bytes = Self.bytes(distances, count: count)
        for length in 0...bytes.count {
          let table = FrameTable(Array(bytes[..<length]), at: 0x1000, in: Self.format)
          for address in addresses {
            let start = table?.function(before: address) ?? 0
            #expect(start <= address)
          }
        }
      }
    }
    let table = try #require(
      FrameTable(Self.bytes([-16, 16], count: .max), at: 0x1000, in: Self.format))
    #expect(table.function(before: 0xfff) == 0xff0)
    #expect(table.function(before: .max) == 0x1010)
    #expect(table.function(before: 0xfef) == nil)
  }
}
