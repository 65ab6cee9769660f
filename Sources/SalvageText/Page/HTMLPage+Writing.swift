public import CoreIO
public import SystemPackage

extension HTMLPage {
  /// Throws where a page can't be written, as far as that can be told beforehand.
  public static func check(_ path: FilePath, force: Bool) throws(SalvageError) {
    try OutputPlace(path).check(sparing: InputSet(), replacing: force)
  }

  /// Writes the page of these cores.
  public func write(
    to path: FilePath, cores: [FilePath], force: Bool
  ) throws(SalvageError) {
    try write(to: OutputPlace(path), cores: cores, force: force)
  }

  /// Writes the page: to a file, which appears whole or not at all, or to a stream. Nobody may read the file who may not
  /// read the cores.
  package func write(
    to place: OutputPlace, cores: [FilePath], sparing inputs: InputSet = InputSet(), force: Bool
  ) throws(SalvageError) {
    var inputs = inputs
    let identities = cores.compactMap { FileIdentity(at: $0, followingLinks: true) }
    for identity in identities { inputs.insert(identity) }
    // Of several cores, whose readers may be different people, it stays the owner's alone.
    try place.write(
      Array(html.utf8), sparing: inputs, replacing: force,
      access: cores.count == 1 ? identities.first : nil)
  }
}
