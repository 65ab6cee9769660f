import TestSupport
import Testing

@testable import SalvageCapture

@Suite("What stands in for notes that don't come")
struct StandInTests {
  private func stat(
    _ name: String, flags: UInt64 = 0x200, stack: String = "140722", counter: String = "4198"
  ) -> [UInt8] {
    var fields = Array(repeating: "0", count: 50)
    fields[0] = "D"
    fields[6] = String(flags)
    fields[26] = stack
    fields[27] = counter
    return Array("77 (\(name)) \(fields.joined(separator: " "))\n".utf8)
  }

  @Test("is read behind any name", arguments: ["a", "a) 1 2 (b", ")", "", "x y z"])
  func names(_ name: String) throws {
    let thread = try #require(StandIn.Thread(stat(name), id: 5))
    #expect(thread == .init(id: 5, programCounter: 4198, stackPointer: 140722, isDumper: true))
    #expect(StandIn.Thread(stat(name, flags: 0x400), id: 5)?.isDumper == false)
  }

  @Test("is none where the kernel shows nothing, or something else")
  func nothing() {
    #expect(StandIn.Thread(stat("a", stack: "0"), id: 5) == nil)
    #expect(StandIn.Thread(stat("a", counter: "-1"), id: 5) == nil)
    #expect(StandIn.Thread(stat("a", stack: "99999999999999999999"), id: 5) == nil)
    #expect(StandIn.Thread(Array(stat("a").prefix(40)), id: 5) == nil)
    #expect(StandIn.Thread([], id: 5) == nil)
  }
}
