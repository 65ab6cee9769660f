package import CoreIO
internal import ELFCore

/// The zeros that an input ends with.
package enum ZeroTail {
  private static let chunkSize: UInt64 = 1 << 20
  private static let pageSize: UInt64 = 4096
  /// How much is read to tell of a tail. Holes cost nothing.
  private static let quickLook: UInt64 = 16 << 20

  /// The zeros at the end of a core, where they are a page at least and the kernel doesn't end it so.
  package static func range(
    of structure: CoreStructure, _ source: any ByteSource, _ option: IntakeOptions.ZeroTail
  ) throws(SalvageError) -> Range<UInt64>? {
    let start = try start(in: source, budget: option == .lost ? .max : quickLook)
    // On x86-64 the last segment is the vsyscall page, which is not readable and is dumped as zeros.
    let vsyscall = structure.programHeaders.last { $0.kind == .load }
    if let vsyscall, vsyscall.address == 0xffff_ffff_ff60_0000, start >= vsyscall.fileOffset {
      return nil
    }
    return source.size - start >= pageSize ? start..<source.size : nil
  }

  /// The offset that nothing but zeros follows, a multiple of a page: file systems lose whole ones. It is found later
  /// than it is where `budget` bytes of zeros have been read without an end.
  private static func start(in source: any ByteSource, budget: UInt64) throws(SalvageError)
    -> UInt64
  {
    var end = source.size
    var left = budget
    var hole = chunkSize
    while end > 0 {
      // Backwards through holes in steps that grow, so that a terabyte of hole takes some twenty of them.
      let far = end - min(end, hole)
      if source.firstData(in: far..<end) == nil {
        end = far
        hole = hole.multipliedReportingOverflow(by: 2).overflow ? hole : hole * 2
        continue
      }
      if hole > chunkSize {
        hole = max(chunkSize, hole / 4)
        continue
      }
      guard left > 0 else { return end }
      let start = end - min(end, chunkSize)
      if let last = try lastByte(in: start..<end, of: source) {
        return min(source.size, roundUp(last + 1, to: pageSize))
      }
      left -= min(left, end - start)
      end = start
    }
    return 0
  }

  /// Where the last byte that is not zero stands; nil where all are. Few cores end in zeros: the last page tells of most.
  private static func lastByte(
    in range: Range<UInt64>, of source: any ByteSource
  ) throws(SalvageError) -> UInt64? {
    var end = range.upperBound
    var size = pageSize
    while end > range.lowerBound {
      let start = end - min(size, end - range.lowerBound)
      let bytes: ArraySlice<UInt8>
      if let held = source.held(start..<end) {
        bytes = held
      } else {
        bytes = try source.bytes(at: start, count: Int(end - start))[...]
      }
      if let last = ZeroTest.lastNonzero(in: bytes) { return start + UInt64(last) }
      end = start
      size *= 2
    }
    return nil
  }
}
