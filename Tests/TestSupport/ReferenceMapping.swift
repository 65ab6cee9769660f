/// One mapped file, as NT_FILE tells.
public struct ReferenceMapping: Hashable, Sendable {
  public var range: Range<UInt64>
  /// Where in the file the mapping begins, in bytes.
  public var fileOffset: UInt64
  public var path: String

  public init(range: Range<UInt64>, fileOffset: UInt64, path: String) {
    self.range = range
    self.fileOffset = fileOffset
    self.path = path
  }

  /// The entries of an NT_FILE descriptor: a count, a page size, three longs each, then the paths.
  public static func all(in descriptor: [UInt8], _ format: ReferenceFormat) throws
    -> [ReferenceMapping]
  {
    var reader = FieldReader(descriptor, format, what: "NT_FILE")
    let count = try reader.native()
    let pageSize = try reader.native()
    guard count <= descriptor.count / (3 * format.nativeSize) else {
      throw ReferenceError("NT_FILE counts \(count) entries in \(descriptor.count) bytes")
    }
    let places = try (0..<count).map { _ in
      (try reader.native(), try reader.native(), try reader.native())
    }
    let names = try reader.raw(reader.remaining)
      .split(separator: 0, omittingEmptySubsequences: false).map {
        String(decoding: $0, as: UTF8.self)
      }
    guard names.count == places.count + 1, names.last == "" else {
      throw ReferenceError("NT_FILE counts \(count) entries and names \(names.count - 1)")
    }
    return try zip(places, names).map { place, name in
      let (start, end, page) = place
      let (fileOffset, overflow) = page.multipliedReportingOverflow(by: pageSize)
      guard start < end, !overflow else {
        throw ReferenceError("NT_FILE: \(name) from \(start) to \(end), page \(page)")
      }
      return ReferenceMapping(range: start..<end, fileOffset: fileOffset, path: name)
    }
  }
}
