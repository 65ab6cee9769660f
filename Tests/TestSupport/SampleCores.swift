import SystemPackage

/// Cores that lie beside the tests: `Fixtures/` of the repository, and the samples that some
/// checkouts have in `../shared/samples`. What is absent is nil or empty, said aloud.
public enum SampleCores {
  /// `Fixtures/`.
  public static let fixtures = Tool.packageRoot.appending("Fixtures")
  /// `../shared/samples`.
  public static let samples = Tool.packageRoot.removingLastComponent().appending("shared/samples")

  /// A file in `Fixtures/`, unpacked if its name there ends in `.xz` or `.tar.xz`.
  public static func fixture(_ name: String, into folder: ScratchFolder) throws -> FilePath? {
    try find(name, in: fixtures, into: folder)
  }

  /// A sample of `cut/`: `cut("rlimit_1M")` is rlimit_1M.core, with its holes.
  public static func cut(_ name: String, into folder: ScratchFolder) throws -> FilePath? {
    try find("\(name).core", in: samples.appending("cut"), into: folder)
  }

  /// A sample of `machines/`, with its program: `machine("small.s390x")`.
  public static func machine(_ name: String, into folder: ScratchFolder) throws
    -> (core: FilePath, program: FilePath)?
  {
    let place = samples.appending("machines")
    guard let core = try find("\(name).core", in: place, into: folder) else { return nil }
    guard let program = try find(name, in: place, into: folder) else { return nil }
    return (core, program)
  }

  /// The names that `fixture` knows, sorted.
  public static var fixtureNames: [String] {
    names(in: fixtures, ending: ".tar.xz").map { $0 + ".core" }
  }

  /// The names that `cut` knows, sorted.
  public static var cutNames: [String] {
    names(in: samples.appending("cut"), ending: ".tar.xz")
  }

  /// The names that `machine` knows, sorted.
  public static var machineNames: [String] {
    names(in: samples.appending("machines"), ending: ".core.xz")
  }

  private static func names(in folder: FilePath, ending: String) -> [String] {
    guard FileTree.exists(folder) else {
      Skip.say("no samples in \(folder.lastComponent?.string ?? "")")
      return []
    }
    return ((try? FileTree.names(in: folder)) ?? [])
      .filter { $0.hasSuffix(ending) }.map { String($0.dropLast(ending.count)) }
  }

  private static func find(_ name: String, in place: FilePath, into folder: ScratchFolder) throws
    -> FilePath?
  {
    let target = folder.file(name)
    let plain = place.appending(name)
    let stem = name.hasSuffix(".core") ? String(name.dropLast(5)) : name
    let archives = ["\(name).tar.xz", "\(stem).tar.xz"].map { place.appending($0) }
    let packed = place.appending("\(name).xz")
    if FileTree.exists(plain) {
      try SparseCopy.copy(plain, to: target)
    } else if FileTree.exists(packed) {
      var tool = Tool("xz", ["-dc", packed.string])
      tool.output = .file(target)
      try tool.runSuccessfully()
    } else if let archive = archives.first(where: FileTree.exists) {
      try Tool("tar", ["-xJf", archive.string, "-C", folder.path.string]).runSuccessfully()
      guard FileTree.exists(target) else { throw ReferenceError("\(archive) holds no \(name)") }
    } else {
      Skip.say("there is no sample \(name)")
      return nil
    }
    return target
  }
}
