internal import CoreIO
internal import CoreModel
public import SystemPackage

/// Which cores of a store are meant, as `coredumpctl` has it.
///
/// A word is a pid (digits), a file of the store, a program (with a slash), a unit (`NAME.service`, `.scope` and the like) or the
/// short name of a process. Of words of one kind one has to match, and of each kind one.
public struct CaptureMatch: Hashable, Sendable {
  /// As typed: bytes, which need not be UTF-8. None for all cores.
  public var words: [FilePath]
  /// Crashes from then on, in microseconds since 1970.
  public var since: UInt64?
  /// Crashes up to then, in microseconds since 1970.
  public var until: UInt64?
  /// Whether only the newest of them is meant.
  public var isNewestOnly = false

  /// All cores that these words stand for.
  public init(_ words: [FilePath] = []) { self.words = words }

  /// The words by their kinds.
  struct Criteria {
    var processIDs: Set<UInt32>?
    var files: Set<[UInt8]>?
    var programs: Set<[UInt8]>?
    var units: Set<[UInt8]>?
    var names: Set<[UInt8]>?
  }

  /// - Parameter folder: the identity of the store's folder: a path to a file in it is no program.
  func criteria(in folder: FileIdentity?) -> Criteria {
    var criteria = Criteria()
    for word in words {
      let bytes = word.bytes
      if let file = Self.file(word, in: folder) {
        criteria.files = (criteria.files ?? []).union([file])
      } else if !bytes.isEmpty, bytes.allSatisfy({ (0x30...0x39).contains($0) }) {
        // What is no pid matches none.
        let processID = UInt32(String(decoding: bytes, as: UTF8.self))
        criteria.processIDs = (criteria.processIDs ?? []).union(processID.map { [$0] } ?? [])
      } else if bytes.contains(UInt8(ascii: "/")) {
        criteria.programs = (criteria.programs ?? []).union([bytes])
      } else if Self.isUnit(bytes) {
        criteria.units = (criteria.units ?? []).union([bytes])
      } else {
        criteria.names = (criteria.names ?? []).union([bytes])
      }
    }
    return criteria
  }

  private static func file(_ word: FilePath, in folder: FileIdentity?) -> [UInt8]? {
    guard let name = word.lastComponent, StoredName.form(of: name) != nil else { return nil }
    let parent = word.removingLastComponent()
    guard !parent.isEmpty else { return name.bytes }
    guard let folder, let named = FileIdentity(at: parent, followingLinks: true),
      named.isSameFile(as: folder)
    else { return nil }
    return name.bytes
  }

  private static let unitEndings = [
    ".service", ".scope", ".slice", ".socket", ".mount", ".swap", ".timer",
  ]

  private static func isUnit(_ bytes: [UInt8]) -> Bool {
    unitEndings.contains { ending in
      bytes.count > ending.utf8.count
        && bytes.suffix(ending.utf8.count).elementsEqual(ending.utf8)
    }
  }

  /// Whether a time is one of those that are meant.
  func holds(_ time: UInt64) -> Bool {
    since.map { time >= $0 } ?? true && until.map { time <= $0 } ?? true
  }
}

extension CaptureMatch.Criteria {
  /// Whether a file may be one that is meant, as far as its name tells.
  func mayHold(_ file: FilePath.Component, _ name: StoredName?) -> Bool {
    if let files, !files.contains(file.bytes) { return false }
    guard let name else { return true }
    return processIDs.map { $0.contains(name.processID) } ?? true
  }

  func holds(_ entry: CaptureEntry) -> Bool {
    if let processIDs, !(entry.processID.map(processIDs.contains) ?? false) { return false }
    if let programs, !(entry.record.map { programs.contains($0.program) } ?? false) { return false }
    if let units, !(entry.record?.unit.map(units.contains) ?? false) { return false }
    guard let names else { return true }
    // The kernel keeps 15 bytes of a name.
    return names.contains { Array($0.prefix(15)) == entry.name || $0 == entry.name }
  }
}
