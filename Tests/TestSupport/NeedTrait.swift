import Testing

/// Skips a test, or every test of a suite, where the machine lacks something.
public struct NeedTrait: TestTrait, SuiteTrait {
  let needs: [Need]
  public var isRecursive: Bool { true }

  public func prepare(for test: Test) async throws {
    guard let missing = needs.first(where: { !NeedProbe.isMet($0) }) else { return }
    if !test.isSuite { missing.report(test) }
    try Test.cancel("needs \(missing)")
  }
}

extension Trait where Self == NeedTrait {
  /// What the machine must have for the test to be run.
  public static func needs(_ needs: Need...) -> Self { NeedTrait(needs: needs) }
}
