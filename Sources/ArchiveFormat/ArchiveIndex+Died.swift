package import CoreIO
package import CoreModel

extension ArchiveIndex {
  /// When the process died, by the archive's manifest; nil where that does not tell, or none is left of it.
  package func died(in file: any ByteSource) throws(SalvageError) -> DeathTime? {
    guard let manifest = try manifest(in: file) else { return nil }
    // Each member has a line of its own, and no string has a newline.
    let name = Array(#""died":"#.utf8)
    for line in manifest.content.split(separator: 0x0a) where line.starts(with: name) {
      var value = line.dropFirst(name.count)
      if value.last == UInt8(ascii: ",") { value.removeLast() }
      return DeathTime(json: JSONReader.value(of: Array(value)))
    }
    return nil
  }

  /// The manifest, which comes first and, once more, after the copies.
  private func manifest(in file: any ByteSource) throws(SalvageError) -> SkippableFrame? {
    if let first = try SkippableFrame(at: 0, in: file), isManifest(first) { return first }
    var offset = endOffset
    for _ in 0...CopyList.most {
      guard offset < file.size, let frame = try SkippableFrame(at: offset, in: file) else { break }
      if isManifest(frame) { return frame }
      offset = frame.range.upperBound
    }
    return nil
  }

  /// Whether a frame is the manifest of this archive, and of no other that lies in the file.
  private func isManifest(_ frame: SkippableFrame) -> Bool {
    ArchiveGeometry(manifest: frame) == geometry
  }
}

extension ArchiveSource {
  /// When the process died, by the archive's manifest.
  package var died: DeathTime? {
    get throws(SalvageError) { try index.died(in: file) }
  }
}
