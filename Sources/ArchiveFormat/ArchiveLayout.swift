/// Where each group goes in an archive that is being written, in the order of the groups.
package struct ArchiveLayout {
  /// A group's place, and the mark before it.
  package struct Place {
    package var offset: UInt64
    package var mark: [UInt8]
  }

  package let geometry: ArchiveGeometry
  package let dataOffset: UInt64
  /// Of all blocks so far.
  package private(set) var entries: [BlockEntry] = []
  /// Where the next byte goes.
  package private(set) var end: UInt64
  private var mark: GroupMark

  package init(_ geometry: ArchiveGeometry, dataOffset: UInt64) {
    self.geometry = geometry
    self.dataOffset = dataOffset
    end = dataOffset
    mark = GroupMark(geometry, group: 0, [])
    entries.reserveCapacity(geometry.blockCount)
  }

  /// Places the next group, whose frame has these blocks and this size.
  package mutating func place(_ blocks: [BlockEntry], size: Int) -> Place {
    mark.entries = blocks
    let place = Place(offset: end, mark: mark.frame)
    end += UInt64(place.mark.count) + UInt64(size)
    entries += blocks
    mark = GroupMark(
      geometry, group: mark.group + 1, [], previous: blocks, chain: mark.nextChain)
    return place
  }

  /// Places the mark after the last group.
  package mutating func placeLastMark() -> Place {
    let place = Place(offset: end, mark: mark.frame)
    end += UInt64(place.mark.count)
    return place
  }
}
