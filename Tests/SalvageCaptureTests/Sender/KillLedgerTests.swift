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
}
