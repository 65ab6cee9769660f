import CoreModel
import TestSupport
import Testing

@testable import SalvageCapture

@Suite("The ledger of kills")
struct KillLedgerTests {
  /// `task` of an unknown process, which is gone, kills `victim`.
  private func line(_ task: Int, kills victim: Int, at seconds: Int) throws -> SignalLine {
    let text =
      "  <...>-\(task) (-------) [000] d..1. \(seconds).000001: signal_generate: sig=9 errno=0 code=0 comm=a pid=\(victim) grp=1 res=0"
    return try #require(SignalLine(Array(text.utf8)[...]))
  }

  @Test("names no thread for a process: it asks whose each sender was, along the chain")
  func settled() throws {
    // Numbers that no process has.
    let lines = [
      try line(9_000_001, kills: 9_000_012, at: 4), try line(9_000_002, kills: 9_000_003, at: 5),
    ]
    var ledger = KillLedger()
    for line in lines { ledger.add(line, SenderFacts(line)) }
    let entry = try #require(ledger.entry(for: [9_000_003], in: 0...10_000_000_000))
    #expect(ledger.unsettled(entry) == lines[1])
    var facts = SenderFacts(lines[1])
    facts.settle(9_000_012, lines[1])
    ledger.settle(lines[1], facts)
    let known = try #require(ledger.entry(for: [9_000_003], in: 0...10_000_000_000))
    // Its process had been killed, which its own number alone didn't tell.
    #expect(ledger.unsettled(known) == lines[0])
    var first = SenderFacts(lines[0])
    first.settle(nil, lines[0])
    ledger.settle(lines[0], first)
    #expect(ledger.unsettled(known) == nil)
    let kill = ledger.kill(known, since: 0)
    #expect(kill.kind == .signal)
    #expect(kill.senders.map(\.processID) == [9_000_012])
  }

  @Test("names nobody where nothing tells whose a sender was")
  func missing() throws {
    let line = try line(9_000_002, kills: 9_000_003, at: 5)
    var ledger = KillLedger()
    var facts = SenderFacts(line)
    #expect(facts.evidence == .line)
    facts.settle(nil, line)
    ledger.add(line, facts)
    let entry = try #require(ledger.entry(for: [9_000_003], in: 0...10_000_000_000))
    #expect(ledger.unsettled(entry) == nil)
    #expect(ledger.kill(entry, since: 0).senders.isEmpty)
    #expect(ledger.kill(entry, since: 0).microseconds == 5_000_001)
  }

  @Test("the name of one that is gone is what it ended with, and not another's of its number")
  func endedNames() {
    let ms: UInt64 = 1_000_000
    let ends = [(7, "old", 100), (7, "kill", 205), (7, "new", 900), (8, "init", 195)].map {
      ExitTrace.End(task: $0.0, name: Array($0.1.utf8), time: $0.2 * ms)
    }
    func name(_ task: UInt32, _ time: UInt64) -> String? {
      ExitTrace.name(of: task, sendingAt: time * ms, in: ends).map {
        String(decoding: $0, as: UTF8.self)
      }
    }
    #expect(name(7, 200) == "kill")
    // It sent while it ended.
    #expect(name(8, 200) == "init")
    #expect(name(8, 400) == nil && name(9, 200) == nil)
  }
}
