internal import CoreIO
internal import CoreModel
internal import Salvage

extension PageMap {
  /// The address space of a core, with its threads on it.
  init(addressesOf inspection: Inspection) {
    let runs = MapRun.runs(inspection.mappings, most: Self.mostParts)
    title = "Memory by address, low to high (not to scale; what was not dumped is left out)"
    parts = zip(runs, MapRun.widths(runs, width: 4000)).map { run, weight in
      Part(
        style: run.kind.style, name: run.name,
        place: "0x\(hexadecimal(run.start)) to 0x\(hexadecimal(run.end))",
        survived: run.share, weight: weight)
    }
    let edges = edges
    marks = inspection.threads.prefix(Self.mostMarks).compactMap { thread in
      guard let pointer = thread.stackPointer else { return nil }
      let after = runs.partitioningIndex { $0.start > pointer }
      guard after > 0, pointer < runs[after - 1].end else { return nil }
      let run = runs[after - 1]
      let share = Double(pointer - run.start) / Double(max(run.end - run.start, 1))
      return Mark(
        position: min(edges[after - 1] + (edges[after] - edges[after - 1]) * share, 99),
        style: thread.stack?.verdict.rawValue ?? "unknown",
        name: "thread \(thread.id), stack \(thread.stackWords)",
        place: "stack pointer 0x\(hexadecimal(pointer)), at \(inspection.locationText(of: thread))")
    }
  }

  /// The file, in the order of its bytes.
  init(fileOf inspection: Inspection) {
    title = "The file, first byte to last (not to scale)"
    let found = inspection.report.sizeFound
    func head(_ name: String, _ range: Range<UInt64>) -> Part {
      let there = min(range.upperBound, found) - min(range.lowerBound, found)
      let share = range.isEmpty ? 1 : Double(there) / Double(range.length)
      return Part(
        style: "k-head", name: "\(name), \(MapRun.words(ByteTotal(range.length, survived: there)))",
        place: Self.offsets(range), survived: share, weight: 90)
    }
    var placed: [(offset: UInt64, part: Part)] = [
      (inspection.tableRange.lowerBound, head("program headers", inspection.tableRange))
    ]
    placed += inspection.noteRanges.prefix(8).map { ($0.lowerBound, head("notes", $0)) }
    let byOffset = inspection.mappings.filter { $0.dumped > 0 }
      .sorted { $0.fileOffset < $1.fileOffset }
    let runs = MapRun.runs(byOffset, most: Self.mostParts)
    var next = 0
    for (run, weight) in zip(runs, MapRun.widths(runs, width: 4000)) {
      let first = byOffset[next]
      next += run.count
      let last = byOffset[next - 1]
      let end = last.fileOffset.addingReportingOverflow(last.dumped)
      let range = first.fileOffset..<max(first.fileOffset, end.overflow ? .max : end.partialValue)
      placed.append(
        (
          first.fileOffset,
          Part(
            style: run.kind.style, name: run.name, place: Self.offsets(range),
            survived: run.share, weight: weight)
        ))
    }
    parts = placed.sorted { $0.offset < $1.offset }.map(\.part)
  }

  private static func offsets(_ range: Range<UInt64>) -> String {
    "bytes \(range.lowerBound) to \(range.upperBound)"
  }
}

extension MapRun {
  /// Which share of it is drawn as saved. Where any byte is lost, the picture shows that some is.
  package var share: Double {
    dumped.isWhole ? 1 : min(0.98, Double(dumped.share(of: 10_000)) / 10_000)
  }

  /// "thread stacks, 8.4 MB, lost"
  package var name: String {
    let segments = count > 1 ? " in \(count) segments" : ""
    return "\(kind.rawValue)\(segments), \(Self.words(dumped))"
  }

  /// How large something was, and how much of it survived, rounded down: 99 % is not all.
  package static func words(_ total: ByteTotal) -> String {
    let state =
      total.isWhole
      ? "survived" : total.isGone ? "lost" : "\(total.share(of: 100)) % survived"
    return "\(ByteCount(total.size)), \(state)"
  }
}

extension MemoryKind {
  /// The style class of its colour.
  var style: String { "k-" + rawValue.split(separator: " ").joined(separator: "-") }
}
