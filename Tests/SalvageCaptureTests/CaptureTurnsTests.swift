import CoreIO
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import SalvageCapture

@Suite("Turns of captures")
struct CaptureTurnsTests {
  @Test("come in the order of asking, and who waits looks after its limits meanwhile")
  func order() throws {
    let turns = CaptureTurns()
    let order = Mutex<[Int]>([])
    let looks = Atomic<Int>(0)
    turns.begin()
    turns.endUrgent()
    turns.takeBulk {}
    turns.begin()
    let isStarted = BackgroundThread.start {
      turns.endUrgent()
      turns.takeBulk { looks.add(1, ordering: .relaxed) }
      order.withLock { $0.append(2) }
      turns.giveBackBulk()
      turns.end()
    }
    try #require(isStarted)
    while looks.load(ordering: .relaxed) < 2 { usleep(1000) }
    order.withLock { $0.append(1) }
    turns.giveBackBulk()
    turns.end()
    turns.drain()
    #expect(order.withLock { $0 } == [1, 2])
  }
}
