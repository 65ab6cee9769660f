internal import CoreIO
internal import ELFCore

/// Finds headers of programs and libraries wherever they stand in parts of an input, also where no page begins.
struct ImageSearch {
  /// In the order of the file.
  private(set) var images: [(offset: UInt64, headers: ImageHeaders)] = []

  /// How far from its place an image is looked for.
  private static let reach: UInt64 = 64 << 20
  private static let most = 4096

  /// - Parameter places: where they should have been, in rising order.
  init(
    near places: [Range<UInt64>], _ source: any ByteSource, _ present: DamageMap,
    _ format: ELFFormat
  ) throws(SalvageError) {
    var range: Range<UInt64>?
    for place in places {
      let start = place.lowerBound - min(place.lowerBound, Self.reach)
      let end = min(source.size, place.upperBound.addingReportingOverflow(Self.reach).partialValue)
      guard start < end else { continue }
      if let last = range, start > last.upperBound {
        try search(last, source, present, format)
        range = start..<end
      } else {
        range = (range?.lowerBound ?? start)..<end
      }
    }
    if let range { try search(range, source, present, format) }
  }

  private mutating func search(
    _ range: Range<UInt64>, _ source: any ByteSource, _ present: DamageMap, _ format: ELFFormat
  ) throws(SalvageError) {
    let pattern = FileHeader.magic + [format.width.rawValue, format.byteOrder.rawValue]
    var position = range.lowerBound
    while let data = source.firstData(in: position..<range.upperBound), images.count < Self.most {
      var window = SearchWindow(source, from: data.lowerBound)
      while window.range.upperBound < data.upperBound,
        try window.advance(overlap: pattern.count - 1)
      {
        var start = window.range.lowerBound
        while let found = window.first(pattern, from: start), images.count < Self.most {
          start = found + 1
          guard found >= position else { continue }
          position = start
          let bytes = try source.bytes(at: found, count: ImageHeaders.readableSize)
          if present.survives(found..<found + UInt64(bytes.count)),
            let headers = ImageHeaders(bytes.span)
          {
            images.append((found, headers))
          }
        }
      }
      position = max(position, data.upperBound)
      guard position < range.upperBound else { break }
    }
  }
}
