import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import CoreIO

/// What spares system calls and copies gives the same as what doesn't.
@Suite("reading bytes")
struct ByteReadingTests {
  @Test("through a window gives what stands there", arguments: 0..<20 as Range<UInt64>)
  func window(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let bytes = random.nonZeroBytes(700_000)
    var window = ByteWindow(MemorySource(bytes))
    for _ in 0..<300 {
      let offset = Int.random(in: 0...710_000, using: &random)
      let count = Int.random(in: 0...(Bool.random(using: &random) ? 64 : 300_000), using: &random)
      let wanted = Array(bytes.dropFirst(offset).prefix(count))
      switch Int.random(in: 0..<3, using: &random) {
      case 0: #expect(try window.bytes(at: UInt64(offset), count: count) == wanted)
      case 1: #expect(try Array(window.part(at: UInt64(offset), count: count)) == wanted)
      default: #expect(try Array(window.peek(at: UInt64(offset), count: count)) == wanted)
      }
    }
  }

  @Test("finds the last byte that is not zero", arguments: 0..<50 as Range<UInt64>)
  func lastNonzero(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let count = Int.random(in: 0...2000, using: &random)
    var bytes = [UInt8](repeating: 0, count: count)
    #expect(ZeroTest.lastNonzero(in: bytes[...]) == nil)
    for _ in 0..<20 where count > 0 {
      bytes[Int.random(in: 0..<count, using: &random)] = UInt8.random(in: 0...1, using: &random)
      #expect(ZeroTest.lastNonzero(in: bytes[...]) == bytes.lastIndex { $0 != 0 })
    }
  }

  @Test("finds the same data and holes, whatever was asked before")
  func holes() throws {
    let folder = try ScratchFolder()
    let path = folder.file("sparse")
    let file = try FileDescriptor.open(
      path, .readWrite, options: .create, permissions: .ownerReadWrite)
    defer { try? file.close() }
    let size: UInt64 = 3 << 20
    #expect(ftruncate(file.rawValue, off_t(size)) == 0)
    var random = SeededGenerator(seed: 7)
    for start in random.sample(12, of: 0..<48) {
      _ = try file.writeAll(
        toAbsoluteOffset: Int64(start << 16),
        random.nonZeroBytes(Int.random(in: 1...70_000, using: &random)))
    }
    let input = try InputFile(path)
    input.holdBeginning(100_000)
    for _ in 0..<500 {
      let low = UInt64.random(in: 0...size, using: &random)
      let range = low..<UInt64.random(in: low...size + 5000, using: &random)
      #expect(input.firstData(in: range) == (try InputFile(path).firstData(in: range)), "\(range)")
    }
  }

  @Test("writes a number in hexadecimal as Swift does")
  func hexadecimalDigits() {
    var random = SeededGenerator(seed: 3)
    for shift in 0..<64 as Range<UInt64> {
      for value in [random.next() >> shift, 1 << shift, 0] {
        for digits in [0, 1, 7, 16, 20] {
          let text = String(value, radix: 16)
          let zeros = String(repeating: "0", count: max(0, digits - text.count))
          #expect(hexadecimal(value, digits: digits) == zeros + text)
        }
      }
    }
  }
}
