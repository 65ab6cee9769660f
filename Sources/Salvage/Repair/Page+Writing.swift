package import SystemPackage

extension Page {
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
