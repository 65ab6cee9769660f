import SystemPackage

/// Cores that the kernel writes once for all tests of a run: they need `Need.kernelCores` and `Need.gcc`.
public enum SharedCores {
  /// `Victim.small`.
  public static func small() throws -> KernelCore { try smallResult.get() }
  /// `Victim.large`: over 40 MB, five threads.
  public static func large() throws -> KernelCore { try largeResult.get() }

  private static let smallResult = Result { try dump(.small) }
  private static let largeResult = Result { try dump(.large) }

  private static func dump(_ victim: Victim) throws -> KernelCore {
    try KernelCores.dump(victim, in: ScratchFolder())
  }
}
