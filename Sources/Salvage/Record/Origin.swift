internal import CXXHash
internal import ELFCore

/// The ORIGIN note: which input a repaired core was made from, by which version, and with which options.
package struct Origin: Hashable, Sendable {
  package var sizeFound: UInt64
  package var digest: String
  /// The options as they were carried out.
  package var options: RepairOptions

  package static let formatVersion: UInt64 = 1

  /// The note's JSON. Only options that change the bytes of the output are named, and only where they are not the default.
  package var json: JSON {
    var changed: [JSON.Member] = []
    if options.extend != .due {
      changed.append(.init(name: "extend", value: .string(options.extend.rawValue)))
    }
    if options.lostMemory != .drop {
      changed.append(.init(name: "lost", value: .string(options.lostMemory.rawValue)))
    }
    if options.rebuild != .all {
      changed.append(.init(name: "rebuild", value: .string(options.rebuild.rawValue)))
    } else if options.withFiles != .headers {
      changed.append(.init(name: "with-files", value: .string(options.withFiles.rawValue)))
    }
    if options.rebuild == .all, options.keepMappings {
      changed.append(.init(name: "keep-mappings", value: .bool(true)))
    }
    return .members([
      "format": .number(Self.formatVersion),
      "tool": .string("coresalvage \(Version.current)"),
      "sizeFound": .number(sizeFound),
      "headDigest": .string("xxh3-128:" + digest),
      "options": .object(changed),
    ])
  }

  /// Whether a note's JSON tells of the same input and options, by whichever version it was written.
  package func isSame(as line: String) -> Bool {
    // Format and tool come first.
    Self.members(of: line, from: 2) == Self.members(of: json.line, from: 2)
  }

  /// The same, of an input whose size is not known.
  package func isSameButSize(as line: String) -> Bool {
    Self.members(of: line, from: 3) == Self.members(of: json.line, from: 3)
  }

  /// The text after so many commas. None of the first members has one in it.
  private static func members(of line: String, from first: Int) -> Substring {
    var rest = line[...]
    for _ in 0..<first { rest = rest.drop { $0 != "," }.dropFirst() }
    return rest
  }

  /// The last ORIGIN note's JSON: that of the repair which made the core what it is; nil where there is none.
  package static func line(
    in structure: CoreStructure, _ source: any ByteSource
  ) throws(SalvageError) -> String? {
    let note = structure.notes.last {
      $0.owner == SalvageNote.owner && $0.kind == SalvageNote.origin
    }
    guard let note, note.descriptorSize <= 1 << 16 else { return nil }
    let bytes = try source.bytes(at: note.descriptorOffset, count: Int(note.descriptorSize))
    return String(validating: bytes, as: UTF8.self)
  }

  /// What made the last repair, by its note: `coresalvage 1.0.0`. Safe to print; nil where the note has none.
  package static func tool(
    in structure: CoreStructure, _ source: any ByteSource
  ) throws(SalvageError) -> String? {
    let mark = "\"tool\":\""
    guard let line = try line(in: structure, source), let start = line.firstRange(of: mark) else {
      return nil
    }
    let name = line[start.upperBound...].prefix { $0 != "\"" }.prefix(40)
    return name.hasPrefix("coresalvage ")
      ? PrintableText(Array(name.utf8)).description : nil
  }

  /// The digest of the file header, the program header table and the notes as found: what tells one core from another.
  package static func digest(
    of structure: borrowing CoreStructure, _ source: any ByteSource
  ) throws(SalvageError) -> String {
    let hash = HeadHash()
    hash.update(structure.headerBytes)
    var ranges = [structure.tableRange]
    ranges += NoteWalk.apart(structure.programHeaders).map {
      $0.fileOffset..<($0.fileEnd ?? $0.fileOffset)
    }
    // Headers and notes of more than a gigabyte are no kernel's: the first of it tells enough.
    var left: UInt64 = 1 << 30
    for range in ranges {
      var offset = range.lowerBound
      let end = min(range.upperBound, source.size)
      while offset < end, left > 0 {
        let bytes = try source.bytes(at: offset, count: Int(min(end - offset, left, 1 << 18)))
        guard !bytes.isEmpty else { break }
        hash.update(bytes)
        offset += UInt64(bytes.count)
        left -= UInt64(bytes.count)
      }
    }
    return hash.hexadecimalDigest
  }
}

/// XXH3 of 128 bits over a stream of bytes.
@safe private final class HeadHash {
  private let state: OpaquePointer?

  init() {
    unsafe state = XXH3_createState()
    _ = unsafe XXH3_128bits_reset(state)
  }

  deinit { _ = unsafe XXH3_freeState(state) }

  func update(_ bytes: [UInt8]) {
    _ = unsafe bytes.withUnsafeBytes { unsafe XXH3_128bits_update(state, $0.baseAddress, $0.count) }
  }

  var hexadecimalDigest: String {
    let digest = unsafe XXH3_128bits_digest(state)
    return hexadecimal(digest.high64, digits: 16) + hexadecimal(digest.low64, digits: 16)
  }
}
