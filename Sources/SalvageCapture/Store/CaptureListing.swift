internal import CoreIO
public import SystemPackage

/// What is in a store.
public struct CaptureListing: Sendable {
  /// The store.
  public let folder: FilePath
  /// Those that are meant, the newest last.
  public let entries: [CaptureEntry]
  /// The crashes of which no core was taken; nil where there are none, or that can't be read.
  public let skipped: SkippedCrashes?

  init(_ folder: StoreFolder, _ match: CaptureMatch) throws(SalvageError) {
    self.folder = folder.path
    skipped = CrashLimits.skipped(in: folder)
    let criteria = match.criteria(in: FileIdentity(at: folder.path, followingLinks: true))
    var found: [CaptureEntry] = []
    for candidate in try Candidate.all(in: folder)
    where criteria.mayHold(candidate.component, candidate.name) {
      if let time = candidate.name?.time, !match.holds(time) { continue }
      guard let entry = candidate.entry(in: folder), match.holds(entry.time),
        criteria.holds(entry)
      else { continue }
      found.append(entry)
      // All that come now are older; of names that tell no time nobody knows.
      if match.isNewestOnly, candidate.name != nil { break }
    }
    found.sort { ($0.time, $0.path.string) < ($1.time, $1.path.string) }
    entries = match.isNewestOnly ? Array(found.suffix(1)) : found
  }
}

extension CaptureStore {
  /// The files in a folder that end in `.core`, `.core.lz4` and `.capturing`, with what their notes tell; without a core's archive
  /// as long as the core is there, too. Whatever can't be read is listed as that.
  ///
  /// Throws where the folder can't be read.
  public static func list(
    in folder: FilePath, matching match: CaptureMatch = CaptureMatch()
  ) throws(SalvageError) -> CaptureListing {
    try CaptureListing(StoreFolder(reading: folder), match)
  }
}

/// A name that may be listed.
private struct Candidate {
  let component: FilePath.Component
  let form: StoredName.Form
  /// nil where it is none of a store's.
  let name: StoredName?

  /// First those whose names tell no time, then the newest.
  static func all(in folder: StoreFolder) throws(SalvageError) -> [Candidate] {
    var candidates: [Candidate] = []
    var cores: Set<[UInt8]> = []
    for (component, _) in try folder.names() {
      guard let form = StoredName.form(of: component) else { continue }
      candidates.append(
        Candidate(component: component, form: form, name: StoredName(component)))
      if form == .core { cores.insert(component.bytes) }
    }
    return candidates.filter { candidate in
      candidate.form != .archive
        || !cores.contains(Array(candidate.component.bytes.dropLast(".lz4".utf8.count)))
    }
    .sorted { ($0.name?.time ?? .max) > ($1.name?.time ?? .max) }
  }

  /// nil where it is gone by now.
  func entry(in folder: StoreFolder) -> CaptureEntry? {
    let path = folder.path.appending(component)
    guard let identity = folder.identity(component), let allocated = folder.allocated(component)
    else { return nil }
    let capture = Result { () throws(SalvageError) in
      guard identity.isRegular else {
        throw SalvageError(
          .notACore(expected: "a regular file", found: identity.kindName), file: path)
      }
      let file = try InputFile(owning: folder.open(component), path)
      return try StoredCapture(of: file, form)
    }
    return CaptureEntry(path, name, form, identity, allocated: allocated, capture)
  }
}
