public import CoreIO
public import SystemPackage

extension HTMLPage {
  /// Writes the page to a file, which appears whole or not at all, or to a stream. A page that is there is replaced; `force`
  /// replaces any other file, too.
  ///
  /// It takes the place of none of `cores`. Where they are one, who may read that may read the file; else it stays the
  /// owner's alone, for the readers of several cores may be different people.
  public func write(
    to place: OutputPlace, cores: [FilePath], force: Bool
  ) throws(SalvageError) {
    var inputs = files
    for core in cores { inputs.insert(FileIdentity(at: core, followingLinks: true)) }
    try place.write(
      Array(html.utf8), sparing: inputs, replacing: force || Self.isMade(at: place),
      access: cores.count == 1 ? FileAccess(at: cores[0]) : nil)
  }

  /// Whether a page of ours is there, of an earlier run.
  public static func isMade(at place: OutputPlace) -> Bool {
    place.holdsFile(beginning: Array(beginning.utf8))
  }
}
