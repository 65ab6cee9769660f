import TestSupport
import Testing

@testable import SalvageCapture

@Suite("A line of the kernel's trace")
struct SignalLineTests {
  private let plain =
    "            kill-29238   (  29230) [001] dN.1. 31834.497173: signal_generate: sig=9 errno=0 code=128 comm=sleep pid=29237 grp=1 res=0"

  private func read(_ text: String) -> SignalLine? { SignalLine(Array(text.utf8)[...]) }

  @Test("tells who sent what to whom, and when")
  func plainLine() throws {
    let line = try #require(read(plain))
    #expect(line.event == .kill(target: 29237, code: 128, isForGroup: true, result: 0))
    #expect(line.time == 31834_497173000)
    #expect(line.task == 29238)
    #expect(line.process == 29230)
    #expect(line.name == Array("kill".utf8))
  }

  @Test(
    "tells what a task was called that ended",
    arguments: ["kill", "a pid=1", "x) [1] d:", "pid=7 prio=1", ""])
  func exit(_ name: String) throws {
    for end in ["", " group_dead=true"] {
      let line = try #require(
        read(
          "  <...>-77 [001] d..1. 5.000001: sched_process_exit: comm=\(name) pid=77 prio=120\(end)")
      )
      #expect(line.event == .exit(task: 77, name: Array(name.utf8)))
      #expect(line.time == 5_000_001_000)
    }
  }

  @Test("tells no name or process where the kernel doesn't know")
  func unknownName() throws {
    let line = try #require(
      read(
        "           <...>-29886 (-------) [000] d..1. 1.000001: signal_generate: sig=9 errno=0 code=-6 comm=a pid=1 grp=0 res=2"
      ))
    #expect(line.name == nil)
    #expect(line.process == nil)
    #expect(line.event == .kill(target: 1, code: -6, isForGroup: false, result: 2))
  }

  @Test("of an older kernel has no process")
  func withoutProcess() throws {
    let line = try #require(
      read(
        "  a b-c-7 [000] d..1 1.000001: signal_generate: sig=9 errno=0 code=0 comm=a pid=8 grp=1 res=0"
      ))
    #expect(line.task == 7)
    #expect(line.process == nil)
    #expect(line.name == Array("a b-c".utf8))
  }

  @Test("of the OOM killer names the victim")
  func victim() throws {
    let line = try #require(
      read(
        " python3-6728 (   6728) [000] .N.1. 31878.652371: mark_victim: pid=6729 comm=x pid=1 total-vm=4kB"
      ))
    #expect(line.event == .victim(target: 6729))
  }

  @Test("cut anywhere, or with a byte changed, is refused or read, and nothing traps")
  func damagedLine() {
    let bytes = Array(plain.utf8)
    for end in 0..<bytes.count { _ = SignalLine(bytes[..<end]) }
    for start in 0...bytes.count { _ = SignalLine(bytes[start...]) }
    for place in bytes.indices {
      for byte in [0, 9, 10, 32, 40, 41, 45, 46, 48, 57, 58, 93, 255] as [UInt8] {
        var changed = bytes
        changed[place] = byte
        _ = SignalLine(changed[...])
      }
    }
  }

  @Test("with numbers beyond all bounds is refused")
  func largeNumbers() {
    for number in ["4294967296", "99999999999999999999", "-1", ""] {
      #expect(read(plain.replacing("29237", with: number)) == nil)
      if number != "-1" { #expect(read(plain.replacing("29238", with: number)) == nil) }
    }
    #expect(read(plain.replacing("31834.", with: "18446744073709551615.")) == nil)
  }

  @Test("that a name has cut in two is put together again")
  func lineEnds() {
    var lines = SignalLines()
    let text = plain.replacing("comm=sleep", with: "comm=\n\n") + "\n" + plain + "\n"
    let told = text.utf8.flatMap { lines.take([$0]) }
    #expect(told == [read(plain), read(plain)])
  }
}
