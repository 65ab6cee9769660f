internal import CoreIO
package import CoreModel
package import ELFCore

/// What becomes of each program header: the entries of the new table, in the old table's order, and what was lost, in
/// file order.
package struct Segments: Sendable {
  /// Without the PT_NOTEs, whose place one new PT_NOTE takes.
  package internal(set) var entries: [ProgramHeader] = []
  package internal(set) var lost: [LostRange] = []
  /// How many PT_LOADs with bytes in the file survived whole, in part, or not at all.
  package private(set) var whole = 0
  package private(set) var partial = 0
  package private(set) var gone = 0
  /// How many bytes of memory the dump had, and how many of them survived.
  package private(set) var memory = ByteTotal()
  /// The index of the first entry of the old table, but for a PT_NOTE at its head, that won't be found at its place again.
  package internal(set) var firstChange: Int?
  /// In how many parts segments may still be taken. As long as none lies over another in the file, they have no more than
  /// there are segments and extents; those of a hostile core have the product.
  private var partsLeft = 0
  /// Which entries are the rebuilt ones, by address.
  package internal(set) var rebuilt: [Int] = []

  private var pageSize = Plan.pageSize

  /// No segments at all.
  package init() {}

  package init(_ core: borrowing Core, lostMemory: RepairOptions.LostMemory) {
    let (structure, damage) = (core.structure, core.damage)
    pageSize = core.process.pageSize
    // Room that is not used costs nothing, where growing would copy what there is.
    entries.reserveCapacity(structure.programHeaders.count + damage.extents.count)
    lost.reserveCapacity(damage.extents.count)
    partsLeft = 2 * (structure.programHeaders.count + damage.extents.count)
    loseTable(structure, damage)
    let tableIsWhole = lost.isEmpty
    for (position, header) in structure.programHeaders.enumerated() {
      let index = structure.table.number(at: position)
      // All after one that names nothing moves up.
      if index != position { firstChange = firstChange ?? position }
      guard tableIsWhole || structure.isKnown(at: position, damage) else {
        // What is read there is not what was written.
        firstChange = firstChange ?? index
        continue
      }
      if structure.table.isMended(index) { firstChange = firstChange ?? index }
      if header.kind == .note {
        if index > 0 { firstChange = firstChange ?? index }
        if isTooMuch(damage.indices(in: header.fileRange)) {
          loseAll(of: header, index, damage, .drop)
        } else {
          loseBytes(
            of: header, index, damage.extents(in: header.fileRange), state: .dropped)
        }
        continue
      }
      let before = entries.count
      let isWhole = add(header, index, damage, lostMemory)
      if index == 0 || !isWhole && (entries.count != before + 1 || entries[before] != header) {
        firstChange = firstChange ?? index
      }
    }
    for bytes in structure.unnamed.bytes {
      memory += ByteTotal(bytes.length, survived: 0)
      gone += 1
    }
    lost.sort { $0.fileOffset < $1.fileOffset }
  }

  private mutating func loseTable(_ structure: CoreStructure, _ damage: DamageMap) {
    func append(_ range: Range<UInt64>, _ state: LostRange.State) {
      for extent in damage.extents(in: range) {
        guard let cause = extent.cause else { continue }
        self.append(extent.range, at: 0, index: nil, flags: [], cause, state)
      }
    }
    var position = structure.tableRange.lowerBound
    for entries in structure.mendedEntries {
      append(position..<entries.lowerBound, .dropped)
      append(entries, .rebuilt)
      position = entries.upperBound
    }
    append(position..<structure.tableRange.upperBound, .dropped)
  }

  private mutating func append(
    _ range: Range<UInt64>, at address: UInt64, index: UInt32?, flags: SegmentFlags,
    _ cause: DamageMap.Cause, _ state: LostRange.State
  ) {
    lost.append(
      LostRange(
        address: address, length: range.length, fileOffset: range.lowerBound,
        headerIndex: index, flags: flags, cause: cause, state: state))
  }

  private func isTooMuch(_ parts: Range<Int>) -> Bool {
    parts.count > 1 && parts.count > partsLeft
  }

  /// Lists the lost parts of a segment. Of notes the address is 0.
  private mutating func loseBytes(
    of header: ProgramHeader, _ index: Int, _ extents: [DamageMap.Extent], state: LostRange.State
  ) {
    partsLeft -= extents.count
    for extent in extents {
      guard let cause = extent.cause else { continue }
      let address =
        header.kind == .note
        ? 0 : header.address &+ (extent.range.lowerBound - header.fileOffset)
      append(
        extent.range, at: address, index: UInt32(index), flags: header.flags, cause, state)
    }
  }

  /// Adds what becomes of an entry. Whether nothing of it is lost.
  private mutating func add(
    _ header: ProgramHeader, _ index: Int, _ damage: DamageMap,
    _ lostMemory: RepairOptions.LostMemory
  ) -> Bool {
    // Never dumped: nothing of it is lost.
    guard header.fileSize > 0 else {
      entries.append(header)
      return true
    }
    let parts = damage.indices(in: header.fileRange)
    let isTooMuch = isTooMuch(parts)
    let survived = isTooMuch ? 0 : damage.surviving(in: header.fileRange, parts)
    if header.kind == .load {
      memory += ByteTotal(header.fileSize, survived: survived)
      if survived == header.fileSize {
        whole += 1
      } else if survived > 0 {
        partial += 1
      } else {
        gone += 1
      }
    }
    guard survived < header.fileSize else {
      entries.append(header)
      return true
    }
    if isTooMuch {
      loseAll(of: header, index, damage, lostMemory)
      return false
    }
    // Nearly all that lose anything lie behind the end.
    if lostMemory == .drop, let cause = damage.cause(ofAll: header.fileRange) {
      partsLeft -= 1
      append(
        header.fileRange, at: header.address, index: UInt32(index), flags: header.flags, cause,
        .dropped)
      return false
    }
    let extents = damage.extents(in: header.fileRange)
    switch lostMemory {
    case .drop:
      loseBytes(of: header, index, extents, state: .dropped)
      for extent in extents where extent.cause == nil {
        append(header.cut(to: extent.range), of: header)
      }
    case .zero:
      loseBytes(of: header, index, extents, state: .zeroMarked)
      appendZeroMarked(header, extents)
    case .pad:
      loseBytes(of: header, index, extents, state: .padded)
      entries.append(header)
    }
    return false
  }

  /// Appends what there is of a cut segment. Of memory that the process could not write to, the first page gets an entry of
  /// its own: jhsdb takes one that is neither all of a library's part nor just a page for another library's, and gives up.
  private mutating func append(_ entry: ProgramHeader, of header: ProgramHeader) {
    let start = entry.address
    let (end, overflow) = start.addingReportingOverflow(max(entry.fileSize, entry.memorySize))
    guard !header.flags.contains(.write), start == header.address, entry.fileSize > pageSize,
      !overflow
    else { return entries.append(entry) }
    entries.append(entry.part(start..<start + pageSize))
    entries.append(entry.part(start + pageSize..<end))
  }

  /// Lists a segment as lost as a whole: more than that is lost of others already that lie over it in the file.
  private mutating func loseAll(
    of header: ProgramHeader, _ index: Int, _ damage: DamageMap,
    _ lostMemory: RepairOptions.LostMemory
  ) {
    let cause = damage.extents[damage.indices(in: header.fileRange)].lazy.compactMap(\.cause).first
    let state: LostRange.State
    switch lostMemory {
    case .drop: state = .dropped
    case .zero:
      state = .zeroMarked
      var entry = header
      entry.fileSize = 0
      entries.append(entry)
    case .pad:
      state = .padded
      entries.append(header)
    }
    append(
      header.fileRange, at: header.kind == .note ? 0 : header.address, index: UInt32(index),
      flags: header.flags, cause ?? .pastEnd, state)
  }

  /// Entries whose lost bytes, and what the segment has past its bytes in the file, are memory without contents.
  private mutating func appendZeroMarked(_ header: ProgramHeader, _ extents: [DamageMap.Extent]) {
    var open: ProgramHeader?
    for extent in extents {
      if extent.cause == nil || open == nil {
        if let open { append(open, of: header) }
        var next = header.cut(to: extent.range)
        if extent.cause != nil { next.fileSize = 0 }
        open = next
      } else {
        open?.memorySize += extent.range.length
      }
    }
    if var last = open {
      last.memorySize = max(last.memorySize, header.addressEnd &- last.address)
      append(last, of: header)
    }
  }
}

extension ProgramHeader {
  /// Its bytes in the file, held at the end of what an offset can name.
  fileprivate var fileRange: Range<UInt64> { fileOffset..<(fileEnd ?? .max) }

  /// The entry for a part of its bytes in the file, and no memory besides.
  fileprivate func cut(to range: Range<UInt64>) -> ProgramHeader {
    var part = self
    part.fileOffset = range.lowerBound
    part.address = address &+ (range.lowerBound - fileOffset)
    if physicalAddress != 0 {
      part.physicalAddress = physicalAddress &+ (range.lowerBound - fileOffset)
    }
    part.fileSize = range.length
    part.memorySize = part.fileSize
    return part
  }
}
