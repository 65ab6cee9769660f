import CoreIO
import Testing

@Suite("the sync of a group of outputs")
struct GroupSyncTests {
  @Test("counts what waits for disks as the kernel tells it, and takes silence for too much")
  func waitingBytes() {
    let lines = [
      "MemTotal:       24689872 kB", "Dirty:              1204 kB", "Writeback:            16 kB",
      "WritebackTmp:        999 kB", "",
    ]
    #expect(GroupSync.waitingBytes(in: Array(lines.joined(separator: "\n").utf8)) == 1220 << 10)
    for missing in [1, 2] {
      var lines = lines
      lines.remove(at: missing)
      let text = Array(lines.joined(separator: "\n").utf8)
      #expect(GroupSync.waitingBytes(in: text) == .max)
    }
    #expect(GroupSync.waitingBytes(in: []) == .max)
  }
}
