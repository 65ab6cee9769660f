import CoreIO
import TestSupport
import Testing

@Suite("a JSON array whose values are made when they are written")
struct JSONListTests {
  @Test("is written, compared and hashed as the same values in a tree", arguments: [0, 1, 3, 5000])
  func sameAsTree(count: Int) {
    let numbers = (0..<UInt64(count)).map { $0 * $0 }
    // Of a slice, whose indices don't begin with 0.
    let made = JSONValue.array(of: ([7, 7] + numbers)[2...]) {
      .members(["n": .number($0), "a": .array([.address($0)])])
    }
    let tree = JSONValue.array(
      numbers.map { .members(["n": .number($0), "a": .array([.address($0)])]) })
    #expect(made.line == tree.line)
    #expect(made == tree && made.hashValue == tree.hashValue)
    #expect(made != .array([.null]) && made.array?.count == count)
    var parts: [UInt8] = []
    made.forEachPart { parts += $0 }
    #expect(String(decoding: parts, as: UTF8.self) == tree.line)
  }

  @Test("differs from one with another value")
  func difference() {
    #expect(JSONValue.array(of: 0..<9) { .number(UInt64($0)) } != .array(of: 0..<9) { _ in .null })
    #expect(JSONValue.array(of: 0..<9) { _ in .null } != .array(of: 0..<8) { _ in .null })
  }
}
