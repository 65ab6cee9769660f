internal import CoreIO
package import ELFCore

/// The anchors that a core has, by what its headers and notes tell.
struct Anchors {
  private(set) var list: [Anchor] = []
  let mappings: [MappedFiles.Entry]
  let pageSize: UInt64

  private let memory: CoreMemory

  /// A process with more libraries has enough of them to tell by.
  private static let most = 4096

  init(_ structure: CoreStructure, _ process: ProcessSnapshot, _ memory: CoreMemory) {
    self.memory = memory
    mappings = MappedFiles.apart(process.mappedFiles?.entries ?? [])
    pageSize = process.pageSize
    addModules(process)
    if mappings.isEmpty, structure.notesAreCut { addGuesses() }
    addWhatTheKernelTells(structure, process)
    addSections(structure)
  }

  /// Debuggers write section headers last, the one of the notes first.
  private mutating func addSections(_ structure: CoreStructure) {
    let most = UInt64(64 * structure.format.sectionHeaderSize)
    guard structure.hasSections, let range = structure.sectionRange,
      Int(structure.header.sectionHeaderEntrySize) == structure.format.sectionHeaderSize,
      let notes = structure.programHeaders.first(where: { $0.kind == .note && $0.fileSize > 0 })
    else { return }
    let end = min(range.upperBound, range.lowerBound +| most)
    list.append(Anchor(place: range.lowerBound..<end, thing: .sections(notes)))
  }

  /// Where bytes of memory belong in the file, as many of `most` as were dumped.
  private func place(_ address: UInt64, most: Int, least: Int) -> Range<UInt64>? {
    guard let segment = memory.segment(at: address) else { return nil }
    let (start, overflow) = segment.fileOffset.addingReportingOverflow(address - segment.address)
    guard !overflow, segment.dumpedEnd > address else { return nil }
    let count = min(UInt64(most), segment.dumpedEnd - address)
    let end = start.addingReportingOverflow(count)
    return count < UInt64(least) || end.overflow ? nil : start..<end.partialValue
  }

  private mutating func add(
    _ thing: Anchor.Thing, at address: UInt64, most: Int, least: Int? = nil
  ) {
    guard let place = place(address, most: most, least: least ?? most) else { return }
    list.append(Anchor(place: place, thing: thing))
  }

  private mutating func addImage(_ image: Anchor.Image) {
    add(
      .image(image), at: image.base, most: ImageHeaders.readableSize,
      least: memory.format.fileHeaderSize)
  }

  /// What is mapped from its beginning and has code among its mappings is a program or a library.
  private mutating func addModules(_ process: ProcessSnapshot) {
    var index = 0
    while index < mappings.count, list.count < Self.most {
      let first = index
      let path = mappings[first].path
      var isCode = false
      repeat {
        let segment = memory.segment(at: mappings[index].range.lowerBound)
        isCode = isCode || segment?.flags.contains(.execute) ?? false
        index += 1
      } while index < mappings.count && mappings[index].fileOffset > 0
        && mappings[index].path == path
      guard isCode, mappings[first].fileOffset == 0 else { continue }
      addImage(
        Anchor.Image(
          base: mappings[first].range.lowerBound, mapping: first, entry: nil,
          room: mappings[first].range.length))
    }
  }

  /// Of notes that are lost the list of mappings may have been one: then an image may begin where any segment does.
  private mutating func addGuesses() {
    for segment in memory.segments where segment.fileSize > 0 && !segment.flags.contains(.write) {
      guard list.count < Self.most else { return }
      addImage(
        Anchor.Image(
          base: segment.address, mapping: nil, entry: nil,
          room: segment.memoryEnd - segment.address, isGuess: true))
    }
  }

  private mutating func addWhatTheKernelTells(
    _ structure: CoreStructure, _ process: ProcessSnapshot
  ) {
    let auxiliary = process.auxiliaryVector
    if let vdso = auxiliary?[.vdso], let segment = memory.segment(at: vdso) {
      addImage(
        Anchor.Image(
          base: vdso, mapping: nil, entry: nil, room: segment.memoryEnd - vdso))
    }
    if mappings.isEmpty, let headers = auxiliary?[.programHeaders], let entry = auxiliary?[.entry],
      let segment = memory.segment(at: headers)
    {
      addImage(
        Anchor.Image(
          base: segment.address, mapping: nil, entry: entry,
          room: segment.memoryEnd - segment.address))
    }
    if let address = auxiliary?[.platform],
      let platforms = Self.platforms[structure.header.machine], memory.format.width == .bits64
    {
      add(.bytes(Array(platforms.utf8) + [0]), at: address, most: platforms.utf8.count + 1)
    }
    if let address = auxiliary?[.executableName], address > 0 {
      let names = [process.programPath, process.info?.name].compactMap {
        $0?.split(separator: UInt8(ascii: "/")).last.map(Array.init)
      }
      add(.path(names), at: address - 1, most: 1 << 13, least: 3)
    }
    for address in process.threads.lazy.compactMap(\.framePointer) where list.count < Self.most {
      guard let stack = memory.segment(at: address), stack.flags.contains(.write) else { continue }
      add(.frame(stack), at: address, most: 2 * memory.format.wordSize)
    }
    var seen: Set<UInt64> = []
    for thread in process.threads where list.count < 2 * Self.most {
      guard let address = thread.controlBlock, seen.insert(address).inserted else { continue }
      add(
        .ownAddress(address, thread: thread.id), at: address, most: memory.format.wordSize)
    }
  }

  /// AT_PLATFORM, where it is one word for all of a machine.
  private static let platforms: [Machine: String] = [.x86_64: "x86_64", .aarch64: "aarch64"]

  /// The dynamic section of an image whose headers were found.
  func dynamicSection(of image: Anchor.Image, _ headers: ImageHeaders) -> Anchor? {
    guard image.mapping != nil, let segment = headers.first(.dynamic),
      segment.fileSize <= DynamicSection.largestSize,
      let layout = MappingLayout(headers, base: image.base, pageSize: pageSize),
      let last = headers.loads.last
    else { return nil }
    let end = layout.bias &+ last.address &+ last.memorySize
    let count = Int(segment.fileSize)
    guard end > image.base, count > 0,
      let place = place(layout.bias &+ segment.address, most: count, least: count)
    else { return nil }
    return Anchor(place: place, thing: .dynamic(image.base..<end))
  }
}

extension MappedFiles {
  /// By address. Ranges that lie over each other are a hostile list's; what begins first counts.
  package static func apart(_ entries: [Entry]) -> [Entry] {
    var result: [Entry] = []
    for entry in entries.sorted(by: { $0.range.lowerBound < $1.range.lowerBound })
    where result.last.map({ $0.range.upperBound <= entry.range.lowerBound }) ?? true {
      result.append(entry)
    }
    return result
  }
}
