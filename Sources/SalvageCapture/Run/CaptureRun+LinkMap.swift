internal import CoreIO
internal import CoreModel
internal import ELFCore

extension CaptureRun {
  /// What a debugger reads to name frames: it is read as one would, and what was read is saved, whole pages of it.
  func saveLinked(_ head: CoreHead) throws(SalvageError) {
    guard let core, let memory, let due = head.structure.sizeDue else { return }
    let source = LiveSource(
      try InputFile(reading: core.file, named: core.file.path, size: head.size),
      core.segments.filter { $0.kind == .load && $0.fileSize > 0 }, size: due, memory)
    let image = CoreMemory(
      head.structure, DamageMap(sizeFound: due, sizeDue: due), source)
    readLinkMap(head.process, image)
    try save(source.takeTouched())
    // The first page of each file, by which a debugger knows it.
    for index in core.segments.indices
    where core.segments[index].kind == .load && core.segments[index].fileSize == Self.headerPage {
      try save(core.segments[index].dumpedRange, of: index)
    }
    let names = MemoryNames(head.process, head.structure.programHeaders)
    let images = MappedImages(head.process, image, names)
    record.modules = (images.images + (images.vdso.map { [$0] } ?? [])).prefix(Self.mostModules)
      .map(CaptureRecord.Module.init)
    try save(source.takeTouched())
  }

  private static let mostModules = 1024

  private func save(_ touched: [Range<UInt64>]) throws(SalvageError) {
    for range in touched {
      guard let index = segment(at: range.lowerBound) else { continue }
      let start = range.lowerBound & ~4095
      try save(start..<roundUp(range.upperBound, to: 4096), of: index)
    }
  }

  /// Walks the list of libraries as a debugger does.
  private func readLinkMap(_ snapshot: ProcessSnapshot, _ image: CoreMemory) {
    guard let table = snapshot.auxiliaryVector?[.programHeaders] else { return }
    _ = image.readable(at: table, count: 4096)
    let chain = LinkMapChain(ofProgramAt: table, image)
    for node in chain.maps {
      _ = image.cString(at: node.name)
      _ = image.readable(at: node.dynamic, count: 1024)
    }
  }
}

extension CaptureRecord.Module {
  init(_ image: MappedImage) {
    let deleted = Array(" (deleted)".utf8)
    let isDeleted = image.path.suffix(deleted.count).elementsEqual(deleted)
    self.init(
      path: isDeleted ? Array(image.path.dropLast(deleted.count)) : image.path, base: image.base,
      buildID: image.buildID?.bytes, isDeleted: isDeleted)
  }
}
