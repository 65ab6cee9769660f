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
    let ends = [
      (7, "old", 100), (7, "kill", 205), (8, "init", 195), (7, "new", 900), (77, "other", 201),
    ]
    let lines = ends.map { task, name, time in
      "  <...>-1 [000] d..1. 0.\(String(1_000_000 + time * 1000).dropFirst()): sched_process_exit: comm=\(name) pid=\(task) prio=120\n"
    }
    let text = TraceText(Array(("# tracer: nop\n" + lines.joined()).utf8))
    func name(_ task: UInt32, _ time: UInt64) -> String? {
      ExitTrace.name(of: task, sendingAt: time * 1_000_000, in: text).map {
        String(decoding: $0, as: UTF8.self)
      }
    }
    #expect(name(7, 200) == "kill")
    // It sent while it ended.
    #expect(name(8, 200) == "init")
    #expect(name(8, 400) == nil && name(9, 200) == nil)
    #expect(name(7, 800) == "new" && name(77, 200) == "other")
  }

  @Test("whose task it was is told by the number alone, and not by another that ends with it")
  func tracedTasks() {
    let tasks = TracedTasks(TraceText(Array("12 5\n2 7\n3 12 \n112 2".utf8)))
    #expect(tasks.process(of: 12) == 5 && tasks.process(of: 2) == 7)
    #expect(tasks.process(of: 3) == 12 && tasks.process(of: 112) == 2)
    #expect(tasks.process(of: 5) == nil && tasks.process(of: 1) == nil)
    #expect(TraceText([]).lines(with: "a").isEmpty)
  }
}
