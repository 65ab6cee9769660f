internal import CoreIO
internal import CoreModel
internal import ELFCore

/// A program or library that was mapped, and its build-id where the core has the page that tells it.
struct ModuleBuildID: Hashable, Sendable {
  var path: [UInt8]
  var address: UInt64
  var buildID: BuildID?

  /// A process with more modules than this is a hostile one's.
  private static let mostModules = 16_384

  /// The modules by their mappings' beginnings, in the order of NT_FILE.
  static func all(
    of process: ProcessSnapshot, in memory: CoreMemory
  ) throws(SalvageError) -> [ModuleBuildID] {
    var modules: [ModuleBuildID] = []
    for entry in process.mappedFiles?.entries ?? [] where entry.fileOffset == 0 {
      guard modules.count < mostModules else { break }
      guard modules.last?.path != entry.path else { continue }
      // The kernel dumps the first page of each mapped ELF file.
      let page = try memory.prefix(
        at: entry.range.lowerBound, limit: ImageHeaders.readableSize)
      // A file that is no ELF is data. Where its first page is lost, it can't be told.
      guard page.isEmpty || page.starts(with: FileHeader.magic) else { continue }
      modules.append(
        ModuleBuildID(
          path: entry.path, address: entry.range.lowerBound, buildID: buildID(in: page)))
    }
    return modules
  }

  /// The build-id in the first page of an ELF file.
  private static func buildID(in page: [UInt8]) -> BuildID? {
    guard let headers = ImageHeaders(page.span) else { return nil }
    for note in headers.programHeaders where note.kind == .note {
      guard let start = Int(exactly: note.fileOffset), start < page.count else { continue }
      let bytes = Array(page[start...].prefix(Int(min(note.fileSize, 1 << 16))))
      if let found = BuildID(notes: bytes.span, alignment: note.alignment, in: headers.format) {
        return found
      }
    }
    return nil
  }

  var json: JSONValue {
    let digits = buildID?.bytes.map { hexadecimal(UInt64($0), digits: 2) }.joined()
    return .members([
      "path": .text(Array(path.prefix(Manifest.longestPath))),
      "address": .address(address),
      "buildID": digits.map(JSONValue.string) ?? .null,
    ])
  }
}
