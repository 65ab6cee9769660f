internal import CoreModel
internal import Salvage

/// A stretch of a picture of memory: neighbours of one kind, of which some bytes survived and some were lost.
struct MapRun: Hashable, Sendable {
  var kind: MemoryKind
  /// The addresses from the first byte to the last; gaps between neighbours are left out of the picture.
  var start: UInt64
  var end: UInt64
  var dumped: ByteTotal
  /// How many segments it is.
  var count = 1

  /// The stretches of an address space that were dumped, by address; at most `most` of them, the smallest joined to a neighbour.
  static func runs(_ mappings: [Inspection.Mapping], most: Int) -> [MapRun] {
    var runs: [MapRun] = []
    for mapping in mappings where mapping.dumped > 0 {
      let (end, overflow) = mapping.address.addingReportingOverflow(mapping.mapped)
      let next = MapRun(
        kind: mapping.kind, start: mapping.address, end: overflow ? .max : end,
        dumped: ByteTotal(mapping.dumped, survived: mapping.survived))
      if let last = runs.last, last.kind == next.kind, last.state == next.state {
        runs[runs.count - 1].join(next)
      } else {
        runs.append(next)
      }
    }
    return runs.count <= most ? runs : joined(runs, most: most)
  }

  private var state: Int { dumped.isWhole ? 0 : dumped.isGone ? 2 : 1 }

  /// Takes a later neighbour in. The kind is that of the larger.
  private mutating func join(_ next: MapRun) {
    if next.dumped.size > dumped.size { kind = next.kind }
    end = max(end, next.end)
    dumped += next.dumped
    count += next.count
  }

  /// Cuts a long list into `most` stretches with about as many segments each.
  private static func joined(_ runs: [MapRun], most: Int) -> [MapRun] {
    var result: [MapRun] = []
    for (index, run) in runs.enumerated() {
      let slot = index * most / runs.count
      if slot < result.count { result[slot].join(run) } else { result.append(run) }
    }
    return result
  }

  /// How much room each stretch gets of `width`: at least one, and more by its size. Sizes differ by a factor of a
  /// million, so the rest is dealt out by their logarithms.
  static func widths(_ runs: [MapRun], width: Int) -> [Int] {
    guard !runs.isEmpty else { return [] }
    let weights = runs.map {
      Double(UInt64.bitWidth - max($0.dumped.size >> 12, 1).leadingZeroBitCount)
    }
    let rest = Double(max(0, width - runs.count))
    let sum = weights.reduce(0, +)
    var widths: [Int] = []
    var reached = 0.0
    var given = 0
    for weight in weights {
      reached += rest * weight / sum
      let extra = Int(reached) - given
      given += extra
      widths.append(1 + extra)
    }
    return widths
  }
}
