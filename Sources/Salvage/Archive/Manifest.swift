internal import ELFCore

/// What is in an archive, as text that `head` shows: JSON with a member on each line.
struct Manifest: Hashable, Sendable {
  var geometry: ArchiveGeometry
  var members: [JSON.Member]

  /// Of longer lists only so many are named; the core's own notes have all.
  private static let mostItems = 4096

  init(
    _ geometry: ArchiveGeometry, _ core: some ByteSource, _ report: Report,
    _ labels: [ArchiveOptions.Label]
  ) throws(SalvageError) {
    self.geometry = geometry
    let structure = try Probe.structure(of: core)
    let process = try ProcessSnapshot(structure, core)
    let record = try RepairRecord(of: core)
    let damage = DamageMap(sizeFound: structure.sizeFound, sizeDue: structure.sizeDue ?? .max)
    let memory = CoreMemory(structure, damage, core)
    let modules = try ModuleBuildID.all(of: process, in: memory)
    members = [
      .init(name: "format", value: .string("coresalvage archive")),
      .init(name: "version", value: .number(ArchiveGeometry.version)),
      .init(name: "tool", value: .string("coresalvage \(Version.current)")),
      .init(name: "coreSize", value: .number(geometry.size)),
      .init(name: "sizeFound", value: .number(report.sizeFound)),
      .init(name: "sizeDue", value: report.sizeDue.map(JSON.number) ?? .null),
      .init(name: "whole", value: .bool(report.isWhole && record.lost.isEmpty)),
      .init(name: "machine", value: report.machine.map(JSON.string) ?? .null),
      .init(name: "machineNumber", value: .number(UInt64(report.machineNumber))),
      .init(name: "program", value: report.program.map(JSON.text) ?? .null),
      .init(name: "commandLine", value: report.commandLine.map(JSON.text) ?? .null),
      .init(name: "pid", value: report.processID.map { .number(UInt64($0)) } ?? .null),
      .init(name: "signal", value: report.signal.map { .number(UInt64($0)) } ?? .null),
      .init(
        name: "labels",
        value: .object(labels.map { .init(name: $0.key, value: .string($0.value)) })),
      .init(name: "blockSize", value: .number(UInt64(geometry.blockSize))),
      .init(name: "blocksPerGroup", value: .number(UInt64(geometry.blocksPerGroup))),
      .init(name: "contentChecksum", value: .bool(geometry.hasContentChecksum)),
    ]
    add("threads", report.threads.map(\.json))
    add("modules", modules.map(\.json))
    add("lost", record.lost.map { .object($0.jsonMembers) })
    add("rebuilt", record.rebuilt.map(\.json))
  }

  /// A list, and how long it was where it had to be cut.
  private mutating func add(_ name: String, _ items: [JSON]) {
    members.append(.init(name: name, value: .array(Array(items.prefix(Self.mostItems)))))
    guard items.count > Self.mostItems else { return }
    members.append(.init(name: name + "Count", value: .number(UInt64(items.count))))
  }

  // MARK: As a frame

  /// The first line after the identifier: version, core size, block size, blocks per group, flags, in hexadecimal.
  private var geometryLine: String {
    let numbers: [(UInt64, Int)] = [
      (geometry.size, 16), (UInt64(geometry.blockSize), 8), (UInt64(geometry.blocksPerGroup), 8),
      (geometry.hasContentChecksum ? 1 : 0, 1),
    ]
    return " \(ArchiveGeometry.version) "
      + numbers.map { hexadecimal($0.0, digits: $0.1) }.joined(separator: " ")
  }

  var frame: [UInt8] {
    var text = geometryLine + "\n{\n"
    text += members.map { JSON.object([$0]).line.dropFirst().dropLast() }.joined(separator: ",\n")
    text += "\n}\n"
    var content = Array(text.utf8)
    var frame = SkippableFrame.bytes(.manifest, content)
    // The size stands before the text: a newline in it would spoil the lines.
    while frame[4..<8].contains(0x0a) {
      content += repeatElement(0x20, count: 256)
      frame = SkippableFrame.bytes(.manifest, content)
    }
    return frame
  }

  /// The geometry that a manifest names.
  static func geometry(_ frame: SkippableFrame) -> ArchiveGeometry? {
    guard frame.kind == .manifest else { return nil }
    let line = frame.content.prefix { $0 != 0x0a }
    let words = line.split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }
    let numbers = words.compactMap { UInt64($0, radix: 16) }
    guard numbers.count == 5, words.count == 5, numbers[0] == ArchiveGeometry.version,
      numbers[4] <= 1
    else { return nil }
    return ArchiveGeometry(
      size: numbers[1], blockSize: numbers[2], blocksPerGroup: numbers[3],
      hasContentChecksum: numbers[4] == 1)
  }
}
