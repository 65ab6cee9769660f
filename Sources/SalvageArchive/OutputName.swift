internal import CoreIO
public import SystemPackage

/// The name of an output, by that of its input.
public enum OutputName {
  private static let packings = [
    ".tar.zst", ".tar.gz", ".tzst", ".tgz", ".zst", ".lz4", ".gz", ".tar",
  ]

  /// A packed core loses the ending that says so; an archive gets one.
  ///
  /// Two files of one folder never get the same: where another one comes first for a name (the plain file, then .zst, then
  /// .lz4), this one keeps all of its own.
  /// - Parameter isWhole: whether it keeps all of its own in any case.
  /// - Parameter isPresent: whether there is a regular file of that name beside the input.
  package static func name(
    for input: FilePath.Component, isPacked: Bool, archive: Bool, isWhole: Bool = false,
    isPresent: (FilePath.Component) -> Bool
  ) -> FilePath.Component {
    // Its own name, to which it has the first right.
    guard isPacked || archive || isWhole else { return input }
    let bytes = input.bytes
    let stem = isPacked ? stripped(bytes) ?? bytes : bytes
    let wanted = archive ? archived(stem) : stem
    func isTaken(_ output: [UInt8]) -> Bool {
      let first = claimants(output, archive: archive).first { name in
        name == bytes || (FilePath.Component(name).map(isPresent) ?? false)
      }
      return first != nil && first != bytes
    }
    var name = wanted
    var own = bytes
    func lengthen() {
      own += Array(".core".utf8)
      name = archive ? archived(own) : own
    }
    if isWhole { lengthen() }
    while isTaken(name), own.count < 255 { lengthen() }
    return FilePath.Component(name) ?? input
  }

  /// The archive that stands beside a core: of `x.core`, `x.core.zst` and `x` it is `x.core.lz4`. What comes from standard
  /// input, of the name `-`, goes to standard output, of the same name.
  public static func archive(of input: FilePath) -> FilePath {
    guard input != OutputPlace.standard, let bytes = input.lastComponent?.bytes,
      let name = FilePath.Component(archived(stripped(bytes) ?? bytes))
    else { return input }
    return input.removingLastComponent().appending(name)
  }

  /// Whether a name is one that archives get here.
  package static func isArchive(_ name: FilePath.Component) -> Bool {
    name == "core.lz4" || name.bytes.hasSuffix(".core.lz4")
  }

  /// The inputs that could become an output of that name, in the order of their right to it.
  private static func claimants(_ output: [UInt8], archive: Bool) -> [[UInt8]] {
    var stems = [output]
    if archive {
      let core = Array(output.dropLast(4))
      stems = [core, Array(core.dropLast(5))].filter { archived($0) == output }
    }
    stems = stems.filter { !$0.isEmpty }
    return stems + packings.flatMap { ending in stems.map { $0 + Array(ending.utf8) } }
  }

  private static func stripped(_ name: [UInt8]) -> [UInt8]? {
    for ending in packings where name.hasSuffix(ending) && name.count > ending.utf8.count {
      return Array(name.dropLast(ending.utf8.count))
    }
    return nil
  }

  /// `x.core` becomes `x.core.lz4`, and so does `x`.
  private static func archived(_ stem: [UInt8]) -> [UInt8] {
    let isNamed = stem.hasSuffix(".core") || stem == Array("core".utf8)
    return stem + Array((isNamed ? ".lz4" : ".core.lz4").utf8)
  }
}

extension [UInt8] {
  fileprivate func hasSuffix(_ text: String) -> Bool {
    suffix(text.utf8.count).elementsEqual(text.utf8)
  }
}
