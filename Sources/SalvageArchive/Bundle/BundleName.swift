public import CoreIO
internal import SystemPackage

/// What the name of a bundle tells: how it is packed, and the folder that all of it is in.
struct BundleName {
  let packing: TarWriter.Packing
  let folder: FilePath.Component

  private static let endings: [(text: String, packing: TarWriter.Packing)] = [
    (".tar.zst", .zstd), (".tzst", .zstd), (".tar.gz", .gzip), (".tgz", .gzip), (".tar", .none),
  ]
  private static let usualFolder: FilePath.Component = "bundle"

  /// A stream has no name, and the input's stands for it.
  init(_ place: OutputPlace, of input: FilePath) {
    guard !place.isStream else {
      packing = .zstd
      let name = input == StandardInput.name ? "core" : input.lastComponent ?? "core"
      folder = Self.component(name.bytes + Array(".bundle".utf8))
      return
    }
    let name = place.path.lastComponent?.bytes ?? []
    let ending = Self.ending(of: name)
    packing = ending?.packing ?? .zstd
    folder = Self.component(Array(name.dropLast(ending?.text.utf8.count ?? 0)))
  }

  private static func component(_ name: [UInt8]) -> FilePath.Component {
    guard let part = FilePath.Component(name), part.kind == .regular else { return usualFolder }
    return part
  }

  fileprivate static func ending(of name: [UInt8]) -> (text: String, packing: TarWriter.Packing)? {
    endings.first { name.suffix($0.text.utf8.count).elementsEqual($0.text.utf8) }
  }
}

extension CoreBundle {
  /// Whether a file's name ends as that of a tar archive, which tells how it is packed. Of a stream nothing is asked.
  public static func hasEnding(_ place: OutputPlace) -> Bool {
    place.isStream || BundleName.ending(of: place.path.lastComponent?.bytes ?? []) != nil
  }
}
