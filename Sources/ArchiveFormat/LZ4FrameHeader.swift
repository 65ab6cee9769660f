internal import CLZ4
internal import CoreIO

/// The header of an LZ4 frame of independent blocks with a checksum each, as liblz4 writes it.
package enum LZ4FrameHeader {
  /// The frame's magic number and what follows it for our flags, whatever the block size: version 1, independent blocks
  /// with checksums, content size.
  package static let magic: [UInt8] = [0x04, 0x22, 0x4d, 0x18]

  package static func bytes(_ geometry: ArchiveGeometry, group: Int) -> [UInt8] {
    var preferences = LZ4F_preferences_t()
    preferences.frameInfo.blockSizeID = sizeID(geometry.blockSize)
    preferences.frameInfo.blockMode = LZ4F_blockIndependent
    preferences.frameInfo.blockChecksumFlag = LZ4F_blockChecksumEnabled
    preferences.frameInfo.contentChecksumFlag =
      geometry.hasContentChecksum ? LZ4F_contentChecksumEnabled : LZ4F_noContentChecksum
    preferences.frameInfo.contentSize = geometry.range(ofGroup: group).length
    preferences.autoFlush = 1
    var bytes = [UInt8](repeating: 0, count: Int(LZ4F_HEADER_SIZE_MAX))
    var context: OpaquePointer?
    guard unsafe LZ4F_isError(LZ4F_createCompressionContext(&context, UInt32(LZ4F_VERSION))) == 0
    else { fatalError("out of memory") }
    defer { unsafe LZ4F_freeCompressionContext(context) }
    let size = unsafe bytes.withUnsafeMutableBytes {
      unsafe LZ4F_compressBegin(context, $0.baseAddress, $0.count, &preferences)
    }
    precondition(size == Int(ArchiveGeometry.frameHeaderSize), "liblz4 writes another header")
    return Array(bytes[..<size])
  }

  private static func sizeID(_ size: Int) -> LZ4F_blockSizeID_t {
    switch ArchiveBlockSize(rawValue: size) {
    case .kib64: LZ4F_max64KB
    case .kib256: LZ4F_max256KB
    case .mib1: LZ4F_max1MB
    case .mib4, nil: LZ4F_max4MB
    }
  }
}
