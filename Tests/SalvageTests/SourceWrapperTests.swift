import ELFCore
import SystemPackage
import Testing

@testable import CoreIO
@testable import CoreModel
@testable import Salvage

/// What wraps a source must not say that all is well where its base doesn't.
@Suite("a source that wraps another")
struct SourceWrapperTests {
  /// Of 100 bytes; some could not be read, and it has become shorter since.
  private struct Failing: ByteSource {
    let path: FilePath = "failing"
    let size: UInt64 = 100
    let unreadable: [Range<UInt64>] = [10..<30, 50..<60, 90..<100]

    func confirmSize() throws(SalvageError) { throw .becameShorter(path, at: 40) }
    func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(SalvageError)
      -> Int
    { 0 }
  }

  private static let patched = PatchedSource(
    base: Failing(),
    runs: [.init(offset: 20, bytes: 80..<95), .init(offset: 55, bytes: 70..<80)], size: 92)

  private static let plan: PlanSource = {
    var run = PieceRun(at: 0)
    run.append([1, 2, 3, 4])
    run.append(input: 20..<60)
    run.append(input: 0..<15)
    var plan = Plan(copying: run.end)
    plan.pieces = run.pieces
    return PlanSource(plan, Failing())
  }()

  @Test("tells at its own places what its base could not read")
  func unreadable() {
    // Of the first run the last 5 bytes; the second run has all of its bytes, and hides 55..<60.
    #expect(Self.patched.unreadable == [10..<20, 30..<35, 50..<55, 90..<92])
    #expect(Self.plan.unreadable == [4..<14, 34..<44, 54..<59])
    let known = DamageMap(sizeFound: 100, sizeDue: 100)
    #expect(StrictSource(Failing(), known: known).unreadable == Failing().unreadable)
  }

  @Test("tells that its base became shorter")
  func confirmSize() {
    let known = DamageMap(sizeFound: 100, sizeDue: 100)
    let wrappers: [any ByteSource] = [
      Self.patched, Self.plan, StrictSource(Failing(), known: known),
    ]
    for wrapper in wrappers {
      #expect(throws: SalvageError.self, "\(type(of: wrapper))") { try wrapper.confirmSize() }
    }
  }
}
