public import SystemPackage

extension Page {
  /// Throws where a page can't be written, as far as that can be told beforehand.
  public static func check(_ path: FilePath, force: Bool) throws(SalvageError) {
    try OutputFile.check(path, against: nil, replacing: force)
  }

  /// Writes the page to a file, which appears whole or not at all. Nobody may read it who may not read the cores.
  public func write(
    to path: FilePath, cores: [FilePath], force: Bool
  ) throws(SalvageError) {
    let inputs = cores.compactMap { FileIdentity(at: $0, followingLinks: true) }
    for input in inputs { try OutputFile.check(path, against: input, replacing: force) }
    try OutputFile.check(path, against: nil, replacing: force)
    let output = try OutputFile(path, replacing: force)
    try output.write(Array(html.utf8), at: 0)
    // Of several cores, whose readers may be different people, it stays the owner's alone.
    if let input = inputs.first, inputs.count == 1 { output.takeAccess(of: input) }
    try output.publish()
  }
}
