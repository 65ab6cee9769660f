package import CoreIO
internal import ELFCore

/// A range of a repaired core whose bytes are not the dump's: an entry of the REBUILT note.
public struct RebuiltRange: Hashable, Sendable {
  /// Where it is in memory.
  public var address: UInt64 { range.address }
  /// In bytes.
  public var length: UInt64 { range.length }
  /// How its bytes were had: 1 link map, 2 mapped file.
  public var source: UInt32 { range.cause }
  /// The file that vouches for it, raw; empty where it is made from more than one.
  public var path: [UInt8]
  /// The entry as it stands in the note.
  public var range: LostRange

  /// `range` has the source in the place of the cause.
  public init(_ range: LostRange, path: [UInt8]) {
    self.range = range
    self.path = path
  }

  private static let sources: [UInt32: String] = [1: "link map", 2: "mapped file"]

  /// The source in words, as JSON has it.
  public var sourceName: String { Self.sources[source] ?? "source \(source)" }

  package var json: JSONValue {
    .members([
      "address": .address(address),
      "length": .number(length),
      "source": .string(sourceName),
      "path": path.isEmpty ? .null : .text(path),
    ])
  }

  /// One line: where it is, how long it is, and where it was had.
  package var line: String {
    let (end, overflow) = address.addingReportingOverflow(length)
    let file = path.isEmpty ? "" : ", \(PrintableText(path))"
    return "0x\(hexadecimal(address))-0x\(hexadecimal(overflow ? .max : end))"
      + "  \(ByteCount(length)), \(sourceName)\(file)"
  }
}
