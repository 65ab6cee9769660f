internal import ArchiveFormat
internal import CoreIO
internal import CoreModel
internal import ELFCore
internal import Salvage

/// What is in an archive, as text that `head` shows: JSON with a member on each line.
struct Manifest: Hashable, Sendable {
  var geometry: ArchiveGeometry
  var members: [JSONValue.Member]

  /// Of longer lists only so many items are named, and only so many bytes of text are taken; the core's own notes have all.
  private static let mostItems = 4096
  private static let mostText = 4 << 20
  /// What names a longer path is no kernel.
  private static let longestPath = 4096

  init(
    _ geometry: ArchiveGeometry, _ core: Core, _ report: RepairReport,
    _ labels: [ArchiveOptions.Label]
  ) throws(SalvageError) {
    self.geometry = geometry
    let record = try RepairRecord(of: core)
    members = [
      .init(name: "format", value: .string("coresalvage archive")),
      .init(name: "version", value: .number(geometry.version)),
      .init(name: "tool", value: .string(SalvageVersion.tool)),
      .init(name: "coreSize", value: .number(geometry.size)),
      .init(name: "sizeFound", value: .number(report.sizeFound)),
      .init(name: "sizeDue", value: report.sizeDue.map(JSONValue.number) ?? .null),
      .init(name: "whole", value: .bool(report.isWhole && record.lost.isEmpty)),
      .init(name: "machine", value: report.machineName.map(JSONValue.string) ?? .null),
      .init(name: "machineNumber", value: .number(UInt64(report.machine.rawValue))),
      .init(
        name: "program",
        value: report.program.map { .text(Array($0.prefix(Self.longestPath))) } ?? .null),
      .init(name: "commandLine", value: report.commandLine.map(JSONValue.text) ?? .null),
      .init(name: "pid", value: report.processID.map { .number(UInt64($0)) } ?? .null),
      .init(name: "signal", value: report.signal.map { .number(UInt64($0.number)) } ?? .null),
      .init(name: "died", value: report.died?.noteJSON ?? .null),
      .init(
        name: "labels",
        value: .object(labels.map { .init(name: $0.key, value: .string($0.value)) })),
      .init(name: "blockSize", value: .number(UInt64(geometry.blockSize))),
      .init(name: "blocksPerGroup", value: .number(UInt64(geometry.blocksPerGroup))),
      .init(name: "contentChecksum", value: .bool(geometry.hasContentChecksum)),
    ]
    if let slim = report.slim {
      members.append(.init(name: "slim", value: .object(slim.options.members)))
    }
    add("threads", JSONList(of: report.threads) { $0.json })
    add(
      "modules",
      JSONList(of: MappedImages(core.process, core.memory, core.names).images) { $0.json })
    add("lost", JSONList(of: record.lost) { .object($0.jsonMembers) })
    add("rebuilt", JSONList(of: record.rebuilt) { $0.json })
  }

  /// A list, and how long it was where it had to be cut.
  private mutating func add(_ name: String, _ items: JSONList) {
    var left = Self.mostText
    let named = items.prefix(Self.mostItems).prefix { item in
      left -= item.line.utf8.count
      return left >= 0
    }
    members.append(.init(name: name, value: .array(Array(named))))
    guard named.count < items.count else { return }
    members.append(.init(name: name + "Count", value: .number(UInt64(items.count))))
  }

  // MARK: As a frame

  /// All of it as text.
  var text: [UInt8] {
    var text = geometry.manifestLine + "\n{\n"
    text += members.map { JSONValue.object([$0]).line.dropFirst().dropLast() }.joined(
      separator: ",\n")
    text += "\n}\n"
    return Array(text.utf8)
  }

  var frame: [UInt8] { SkippableFrame.bytes(.manifest, Self.padded(text)) }

  /// The content with spaces after it, so that no byte of the frame's size, which stands before the text, is a newline: that
  /// would spoil the lines.
  static func padded(_ content: [UInt8]) -> [UInt8] {
    let around = SkippableFrame.sizeAround
    let size = sizeWithoutNewline(content.count + around)
    return content + repeatElement(0x20, count: size - around - content.count)
  }

  /// The least size from this one on that has no newline among its four bytes.
  static func sizeWithoutNewline(_ size: Int) -> Int {
    // With the highest such byte one more, those below it can be 0.
    for shift in [24, 16, 8, 0] where size >> shift & 0xff == 0x0a {
      return (size >> shift + 1) << shift
    }
    return size
  }
}

extension MappedImage {
  var json: JSONValue {
    let digits = buildID?.bytes.map { hexadecimal(UInt64($0), digits: 2) }.joined()
    return .members([
      "path": .text(path), "address": .address(base),
      "buildID": digits.map(JSONValue.string) ?? .null,
    ])
  }
}
