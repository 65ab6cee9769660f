import SystemPackage

/// The cores in `Fixtures/`: real ones, whole and cut, of programs of our own.
public enum SampleCores {
  /// `Fixtures/`.
  public static let fixtures = Tool.packageRoot.appending("Fixtures")
  private static let machines = fixtures.appending("machines")

  /// A file in `Fixtures/`, unpacked if its name there ends in `.xz` or `.tar.xz`.
  public static func fixture(_ name: String, into folder: ScratchFolder) throws -> FilePath {
    try find(name, in: fixtures, into: folder)
  }

  /// A core of another machine, and its program where it is not static: `machine("sundial.s390x")`.
  public static func machine(_ name: String, into folder: ScratchFolder) throws
    -> (core: FilePath, program: FilePath?)
  {
    let core = try find("\(name).core", in: machines, into: folder)
    guard FileTree.exists(machines.appending("\(name).xz")) else { return (core, nil) }
    return (core, try find(name, in: machines, into: folder))
  }

  /// The names that `fixture` knows, sorted: `bakery.whole.core`.
  public static let fixtureNames = names(in: fixtures, ending: ".tar.xz").map { $0 + ".core" }

  /// The names that `machine` knows, sorted.
  public static let machineNames = names(in: machines, ending: ".core.xz")

  private static func names(in folder: FilePath, ending: String) -> [String] {
    let found = ((try? FileTree.names(in: folder)) ?? [])
      .filter { $0.hasSuffix(ending) }.map { String($0.dropLast(ending.count)) }
    // A test with no argument would pass silently.
    precondition(!found.isEmpty, "no cores in \(folder)")
    return found
  }

  private static func find(_ name: String, in place: FilePath, into folder: ScratchFolder) throws
    -> FilePath
  {
    let target = folder.file(name)
    let plain = place.appending(name)
    let stem = name.hasSuffix(".core") ? String(name.dropLast(5)) : name
    let archive = place.appending("\(stem).tar.xz")
    let packed = place.appending("\(name).xz")
    if FileTree.exists(plain) {
      try SparseCopy.copy(plain, to: target)
    } else if FileTree.exists(packed) {
      var tool = Tool("xz", ["-dc", packed.string])
      tool.output = .file(target)
      try tool.runSuccessfully()
    } else {
      try Tool("tar", ["-xJf", archive.string, "-C", folder.path.string]).runSuccessfully()
    }
    guard FileTree.exists(target) else { throw ReferenceError("no \(name) in \(place)") }
    return target
  }
}
