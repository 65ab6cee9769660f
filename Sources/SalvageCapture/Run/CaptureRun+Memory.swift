internal import CoreIO
internal import CoreModel
internal import ELFCore

/// Memory for one read.
@safe final class CaptureBuffer {
  static let size = 256 << 10
  let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 4096)

  deinit { unsafe bytes.deallocate() }
}

extension CaptureRun {
  /// What the kernel dumps of a file's first mapping: the page with its ELF header.
  static let headerPage: UInt64 = 4096
  private static let smallSegment: UInt64 = 1 << 20
  private static let nearStack: UInt64 = 64 << 10
  private static let crashingStack: UInt64 = 256 << 10
  /// What a leaf function may use below its stack pointer, and more.
  private static let redZone: UInt64 = 256

  /// The innermost frames of all threads, the crashing one's first.
  func saveNear(_ snapshot: ProcessSnapshot) throws(SalvageError) {
    for (number, thread) in snapshot.threads.enumerated() {
      guard let pointer = thread.stackPointer, pointer >= Self.redZone,
        let index = segment(at: pointer)
      else { continue }
      let start = (pointer - Self.redZone) & ~4095
      let size = number == 0 ? Self.crashingStack : Self.nearStack
      try save(start..<start +| size, of: index)
      if number % 64 == 63, now - lastPublished > 20 * publishCost + 2000 { try publish() }
    }
  }

  /// The segment with bytes that holds an address.
  func segment(at address: UInt64) -> Int? {
    guard let core else { return nil }
    let after = core.segments.partitioningIndex {
      $0.kind == .load && $0.address > address
    }
    guard after > 0, core.segments[after - 1].dumpedRange.contains(address) else { return nil }
    return after - 1
  }

  /// All segments up to a megabyte.
  func saveSmall() throws(SalvageError) {
    guard let core else { return }
    for index in core.segments.indices {
      let range = core.segments[index].dumpedRange
      guard core.segments[index].kind == .load, range.length <= Self.smallSegment else { continue }
      try save(range, of: index)
      if isGone { return }
      try pause()
    }
  }

  /// All others: private memory first, which an OOM killer's reaper empties, the small ones of it before the large.
  func saveBulk() throws(SalvageError) {
    guard let core, !isGone else { return }
    let order = core.segments.indices.filter { core.segments[$0].kind == .load }
      .map { (index: $0, isShared: isShared(core.segments[$0].address)) }
      .sorted {
        if $0.isShared != $1.isShared { return $1.isShared }
        return core.segments[$0.index].fileSize < core.segments[$1.index].fileSize
      }
    for (index, _) in order {
      if isReaped, hasFile(core.segments[index].address) {
        for gap in core.gaps(of: index, in: core.segments[index].dumpedRange) {
          core.refuse(gap, .gone)
        }
        continue
      }
      try save(core.segments[index].dumpedRange, of: index)
      if isGone || isPastTime { return }
    }
  }

  /// Whether a file stands behind a private mapping.
  private func hasFile(_ address: UInt64) -> Bool {
    guard let mappings, let index = mappings.index(at: address) else { return false }
    return mappings.mappings[index].hasFile && !mappings.mappings[index].isShared
  }

  private func isShared(_ address: UInt64) -> Bool {
    guard let mappings, let index = mappings.index(at: address) else { return false }
    return mappings.mappings[index].isShared
  }

  /// Saves what is not saved yet of a part of a segment.
  func save(_ range: Range<UInt64>, of index: Int) throws(SalvageError) {
    guard let core, let memory, !isGone else { return }
    for gap in core.gaps(of: index, in: range)
    where (core.segments[index].fileEnd ?? .max) <= core.reach {
      var position = gap.lowerBound
      for data in mappings?.data(in: gap, of: memory) ?? [gap] {
        if position < data.lowerBound { core.saveZeros(position..<data.lowerBound, of: index) }
        try saveData(data, of: index, core, memory)
        if isGone || isPastTime { return }
        position = data.upperBound
      }
      if position < gap.upperBound { core.saveZeros(position..<gap.upperBound, of: index) }
    }
  }

  private func saveData(
    _ data: Range<UInt64>, of index: Int, _ core: GrowingCore, _ memory: ProcessMemory
  ) throws(SalvageError) {
    var position = data.lowerBound
    while position < data.upperBound {
      let wanted = Int(min(UInt64(CaptureBuffer.size), data.upperBound - position))
      let part = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[..<wanted])
      switch unsafe memory.read(at: position, into: part) {
      case .bytes(let count):
        let whole = unsafe UnsafeRawBufferPointer(rebasing: part[..<count])
        unsafe try core.save(whole, at: position, of: index)
        position += UInt64(count)
      case .unreadable:
        let page = position..<min(data.upperBound, (position & ~4095) + 4096)
        // The kernel's own page, which it writes as zeros, too.
        if position >> 63 == 1 || mappings?.isPastFile(position) == true
          || memory.isGuard(at: position)
        {
          core.saveZeros(page, of: index)
        } else {
          core.refuse(page, ended == nil ? .unreadable : .gone)
        }
        position = page.upperBound
      case .gone:
        isGone = true
        return
      }
      try pause()
      if isPastTime || isReaped && hasFile(position) { return }
    }
  }

  /// Between two reads: lets others go first, and readers see what is saved.
  private func pause() throws(SalvageError) {
    guard record.state.rank >= CaptureRecord.State.linked.rank else { return }
    yield()
    _ = seeWhetherEnded()
    releaseInTime()
    guard now - lastPublished > 20 * publishCost + 50_000 else { return }
    try confirmRoom()
    try publish()
  }

  /// Says of all that isn't saved why.
  func refuseRest(_ cause: LostRange.Cause) {
    guard let core else { return }
    for index in core.segments.indices where core.segments[index].kind == .load {
      for gap in core.gaps(of: index, in: core.segments[index].dumpedRange) {
        core.refuse(gap, cause)
      }
    }
  }

  /// Where the memory can't be read by address: what still comes of the kernel's stream, which is in the order of the file.
  func drain(_ head: CoreHead) throws(SalvageError) {
    guard let core else { return }
    var position = head.size
    while true {
      let count = unsafe channel.read(into: buffer.bytes, patience: 2000)
      guard count > 0 else { return }
      try take(position..<position + UInt64(count), core)
      position += UInt64(count)
    }
  }

  private func take(_ range: Range<UInt64>, _ core: GrowingCore) throws(SalvageError) {
    var index = core.segments.firstIndex {
      $0.kind == .load && $0.fileSize > 0 && ($0.fileEnd ?? .max) > range.lowerBound
    }
    while let current = index, current < core.segments.count,
      core.segments[current].fileOffset < range.upperBound
    {
      let segment = core.segments[current]
      index = current + 1
      guard segment.kind == .load, let end = segment.fileEnd else { continue }
      let part =
        max(
          range.lowerBound, segment.fileOffset)..<min(range.upperBound, max(end, range.lowerBound))
      guard !part.isEmpty, segment.fileOffset < end else { continue }
      let first = Int(part.lowerBound - range.lowerBound)
      let bytes = unsafe UnsafeRawBufferPointer(
        rebasing: buffer.bytes[first..<first + Int(part.length)])
      unsafe try core.save(
        bytes, at: segment.address + (part.lowerBound - segment.fileOffset), of: current)
    }
  }
}

extension CaptureRecord.State {
  /// Its place in the order of states.
  var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
