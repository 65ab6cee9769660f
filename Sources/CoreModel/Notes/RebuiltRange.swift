package import CoreIO
internal import ELFCore

/// A range of a repaired core whose bytes are not the dump's: an entry of the REBUILT note.
public struct RebuiltRange: Hashable, Sendable {
  /// How bytes were had that are not the dump's, an open set. The raw values are those of the REBUILT note.
  public struct Source: RawRepresentable, Hashable, Sendable {
    /// The number in the note.
    public let rawValue: UInt32
    /// Any number.
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    /// The dynamic linker's list, made anew from what the notes and the headers tell.
    public static let linkMap = Source(rawValue: 1)
    /// A verified file.
    public static let mappedFile = Source(rawValue: 2)

    /// An empty frame of Python's interpreter, or what leads to one: it ends a chain of them that led to a lost stack.
    public static let pythonFrame = Source(rawValue: 3)

    private static let names: [Self: String] = [
      .linkMap: "link map", .mappedFile: "mapped file", .pythonFrame: "python frame",
    ]

    /// Its name in JSON and text; its number for one that we don't know.
    public var name: String { Self.names[self] ?? "source \(rawValue)" }
  }

  /// Where in memory it lies.
  public var address: UInt64 { range.address }
  /// In bytes.
  public var length: UInt64 { range.length }
  /// How its bytes were had.
  public var source: Source { Source(rawValue: range.cause.rawValue) }
  /// The file that vouches for it, raw; empty where it is made from more than one.
  public let path: [UInt8]
  /// The entry as it stands in the note.
  public let range: LostRange

  /// `range` has the source in the place of the cause.
  package init(_ range: LostRange, path: [UInt8]) {
    self.range = range
    self.path = path
  }

  package var json: JSONValue {
    .members([
      "address": .address(address),
      "length": .number(length),
      "source": .string(source.name),
      "path": path.isEmpty ? .null : .text(path),
    ])
  }

  /// The same, with its place in the due file.
  package var placedJSON: JSONValue {
    let place = range.jsonMembers.filter { $0.name != "cause" }
    return .object(
      place + [
        .init(name: "source", value: .string(source.name)),
        .init(name: "path", value: path.isEmpty ? .null : .text(path)),
      ])
  }

  /// One line: where it is, how long it is, and where it was had.
  package var line: String {
    let (end, overflow) = address.addingReportingOverflow(length)
    let file = path.isEmpty ? "" : ", \(PrintableText(path))"
    return "0x\(hexadecimal(address))-0x\(hexadecimal(overflow ? .max : end))"
      + "  \(ByteCount(length)), \(source.name)\(file)"
  }
}
