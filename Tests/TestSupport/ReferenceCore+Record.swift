extension ReferenceCore {
  static let recordOwner = "CORESALVAGE"

  /// The LOST note; nil in a core without one.
  public func lost() throws -> ReferenceLossList? {
    try record(0x5341_4C01).map { try ReferenceLossList($0, format, hasPaths: false) }
  }

  /// The ORIGIN note: JSON, unparsed.
  public func origin() throws -> String? {
    guard let note = try record(0x5341_4C02) else { return nil }
    guard let text = String(validating: note.descriptor, as: UTF8.self) else {
      throw ReferenceError("ORIGIN at \(note.offset) is no UTF-8")
    }
    guard text.hasPrefix("{"), text.hasSuffix("}") else {
      throw ReferenceError("ORIGIN at \(note.offset) is no JSON object: \(text)")
    }
    return text
  }

  /// The REBUILT note.
  public func rebuilt() throws -> ReferenceLossList? {
    try record(0x5341_4C03).map { try ReferenceLossList($0, format, hasPaths: true) }
  }

  /// The FILE note: the mapped files as the dump named them.
  public func originalMappings() throws -> [ReferenceMapping]? {
    try record(0x5341_4C04).map { try ReferenceMapping.all(in: $0.descriptor, format) }
  }

  /// The HEAD note: bytes that the repair changed, by the offset where they stood.
  public func head() throws -> [(offset: UInt64, bytes: [UInt8])]? {
    guard let note = try record(0x5341_4C05) else { return nil }
    var reader = FieldReader(note.descriptor, format, what: "HEAD at \(note.offset)")
    var runs: [(offset: UInt64, bytes: [UInt8])] = []
    while reader.remaining > 0 {
      let offset = try reader.quad()
      let length = try reader.quad()
      guard length > 0, length <= reader.remaining, offset >= runs.last?.offset ?? 0 else {
        throw ReferenceError("HEAD: \(length) bytes at \(offset)")
      }
      runs.append((offset, try reader.raw(Int(length))))
      guard try reader.padding(to: 4).allSatisfy({ $0 == 0 }) else {
        throw ReferenceError("HEAD: padding after the bytes of \(offset) is not zero")
      }
    }
    return runs
  }

  /// The input of the repair, had again from its output: HEAD's bytes put back, and the file cut to
  /// the size found. Nil without both notes. Holds the whole file in memory.
  public func undone() throws -> [UInt8]? {
    guard let runs = try head(), let size = try lost()?.sizeFound else { return nil }
    var bytes = try source.read(at: 0, count: Int(min(size, source.length)))
    guard bytes.count == size else {
      throw ReferenceError("the file ends before the size found, \(size)")
    }
    for run in runs {
      guard run.offset + UInt64(run.bytes.count) <= size else {
        throw ReferenceError("HEAD: bytes past the size found, \(size)")
      }
      bytes.replaceSubrange(Int(run.offset)..<Int(run.offset) + run.bytes.count, with: run.bytes)
    }
    return bytes
  }

  /// Where the record and the core contradict each other: lost memory that reads back although it
  /// was neither padded nor rebuilt, entries out of order or overlapping, a note of ours before one
  /// that isn't. Empty is good.
  public func contradictions() throws -> [String] {
    guard let lost = try lost() else { return ["no LOST note"] }
    var found: [String] = []
    let rebuilt = Set(try self.rebuilt()?.entries.map(\.address) ?? [])
    for entry in lost.memory where entry.state < 3 {
      for segment in segments(touching: entry.range) where !rebuilt.contains(segment.address) {
        found.append("lost, but readable through program header \(segment.index): \(entry)")
      }
    }
    for (first, second) in zip(lost.entries, lost.entries.dropFirst())
    where first.fileRange.upperBound > second.offset {
      found.append("out of order or overlapping in the file: \(first), \(second)")
    }
    let owners = notes.map { $0.owner == Self.recordOwner }
    if owners != owners.sorted(by: { !$0 && $1 }) { found.append("a note of ours is not last") }
    return found
  }

  private func record(_ type: UInt32) throws -> ReferenceNote? {
    let found = notes(Self.recordOwner, type)
    guard found.count <= 1 else {
      throw ReferenceError("\(found.count) notes of type 0x\(String(type, radix: 16))")
    }
    return found.first
  }
}
