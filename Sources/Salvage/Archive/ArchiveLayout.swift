internal import ELFCore

/// Where each block goes in an archive that is being written, in the order of the blocks.
struct ArchiveLayout {
  /// A block's place, and the bytes that are written right before and after it.
  struct Place {
    var offset: UInt64
    var leading: [UInt8]
    var trailing: [UInt8]
  }

  let geometry: ArchiveGeometry
  let dataOffset: UInt64
  private(set) var entries: [BlockEntry] = []
  /// Where the next byte goes.
  private(set) var end: UInt64
  private let hash = ContentHash()

  init(_ geometry: ArchiveGeometry, dataOffset: UInt64) {
    self.geometry = geometry
    self.dataOffset = dataOffset
    end = dataOffset
    entries.reserveCapacity(geometry.blockCount)
  }

  /// Places the next block. Its contents are needed where they are to be hashed.
  mutating func place(_ entry: BlockEntry, contents: UnsafeRawBufferPointer) -> Place {
    let block = entries.count
    let group = geometry.group(of: block)
    let blocks = geometry.blocks(of: group)
    entries.append(entry)
    if geometry.hasContentChecksum { unsafe hash.update(contents) }
    var place = Place(offset: end, leading: [], trailing: [])
    if block == blocks.lowerBound {
      place.leading = LZ4FrameHeader.bytes(geometry, group: group)
    }
    if block == blocks.upperBound - 1 {
      place.trailing.append(0, size: 4, .little)
      if geometry.hasContentChecksum {
        place.trailing.append(UInt64(hash.value), size: 4, .little)
        hash.reset()
      }
      place.trailing += GroupMark(geometry, group: group, Array(entries[blocks])).frame
    }
    end += UInt64(place.leading.count) + entry.sizeInFile + UInt64(place.trailing.count)
    return place
  }
}
