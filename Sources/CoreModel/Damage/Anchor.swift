internal import CoreIO
internal import ELFCore

/// Something that must stand at a known place of a core and whose bytes tell that they are it.
package struct Anchor {
  enum Thing {
    /// The headers of a mapped program or library.
    case image(Image)
    /// The dynamic section of an image at these addresses: its pointers lead into the image itself.
    case dynamic(Range<UInt64>)
    /// A caller's frame pointer, which leads farther up the same stack, and a return address.
    case frame(ProgramHeader)
    /// A word that holds its own address, as the control block of each thread begins on x86-64.
    case ownAddress(UInt64, thread: UInt32)
    case bytes([UInt8])
    /// Section headers, one of which has the notes where this program header has them.
    case sections(ProgramHeader)
    /// A path that ends in one of these names, between two NULs, and nothing but zeros after it.
    case path([[UInt8]])
  }

  struct Image {
    var base: UInt64
    /// Which of the mappings is its first; nil where no mapping is known.
    var mapping: Int?
    /// Where the program begins to run, if this is the program.
    var entry: UInt64?
    /// How many bytes of memory begin at the base.
    var room: UInt64
    /// Whether something else may as well begin there: nothing tells of mappings, and the core's segments are all that its
    /// headers can be held against.
    var isGuess = false
  }

  /// How its bytes look in a place.
  package enum Look {
    /// That part of its place, from its beginning on, holds what it must: a seam can't be inside.
    case right(Range<UInt64>)
    /// Certainly something else.
    case wrong
    /// Not zeros: it may be it and may not.
    case unclear
    /// Nothing there, or what may be it and may not.
    case unknown
    /// Zeros, which it is not; but zeros may be damage of another kind.
    case zeros

    package var isRight: Bool {
      if case .right = self { true } else { false }
    }

    var isWrong: Bool {
      if case .wrong = self { true } else { false }
    }

    var isUnknown: Bool {
      switch self {
      case .unknown, .zeros: true
      case .right, .wrong, .unclear: false
      }
    }
  }

  /// Where it belongs in the due file.
  package var place: Range<UInt64>
  var thing: Thing
}

/// Looks at anchors in an input, in their places and elsewhere.
struct AnchorReader {
  let memory: CoreMemory
  let machine: Machine
  /// NT_FILE's, by address and apart from each other.
  let mappings: [MappedFiles.Entry]
  let pageSize: UInt64
  let source: any ByteSource
  let present: DamageMap

  func look(at anchor: Anchor, moved move: Int64) throws(SalvageError) -> Anchor.Look {
    guard let place = anchor.place.moved(by: move), place.upperBound <= source.size,
      present.survives(place)
    else { return .unknown }
    let whole = Anchor.Look.right(0..<anchor.place.length)
    switch anchor.thing {
    case .image(let image): return try look(at: image, place)
    case .dynamic(let range): return try lookAtDynamic(of: range, place)
    case .ownAddress(let address, _):
      let bytes = try source.bytes(at: place.lowerBound, count: memory.format.wordSize)
      let word = bytes.span.integer(at: 0, size: bytes.count, memory.format.byteOrder)
      return word == address ? whole : .wrong
    case .frame(let stack):
      let bytes = try source.bytes(at: place.lowerBound, count: Int(place.length))
      let size = memory.format.wordSize
      let address = stack.address &+ (anchor.place.lowerBound &- stack.fileOffset)
      guard let caller = bytes.span.integer(at: 0, size: size, memory.format.byteOrder),
        let code = bytes.span.integer(at: size, size: size, memory.format.byteOrder),
        caller > address, caller < stack.dumpedEnd, caller % 8 == 0,
        memory.segment(at: code)?.flags.contains(.execute) ?? false
      else { return .unknown }
      return whole
    case .bytes(let wanted):
      return try source.bytes(at: place.lowerBound, count: wanted.count) == wanted ? whole : .wrong
    case .sections(let notes):
      let bytes = try source.bytes(at: place.lowerBound, count: Int(place.length))
      return hasSection(of: notes, bytes.span) ? whole : .unknown
    case .path(let names):
      let bytes = try source.bytes(at: place.lowerBound, count: Int(place.length))
      guard bytes.first == 0, let path = bytes.span.cString(at: 1, limit: bytes.count),
        path.count < bytes.count - 1, bytes[(path.count + 1)...].allSatisfy({ $0 == 0 }),
        let name = path.split(separator: UInt8(ascii: "/")).last
      else { return .unknown }
      return names.contains(Array(name))
        ? .right(UInt64(name.startIndex + 1)..<anchor.place.length) : .unknown
    }
  }

  private func hasSection(of notes: ProgramHeader, _ table: Span<UInt8>) -> Bool {
    let format = memory.format
    let size = format.wordSize
    // The first one is none, and the second one is. In a file that was only cut, a place before the table's would do otherwise:
    // notes may end in zeros, and the entries all have one size.
    for position in 0..<min(format.sectionHeaderSize, table.count) where table[position] != 0 {
      return false
    }
    guard
      let second = table.integer(at: format.sectionHeaderSize + 4, size: 4, format.byteOrder),
      second != 0
    else { return false }
    return stride(from: 0, to: table.count, by: format.sectionHeaderSize).contains { start in
      // sh_name and sh_type are 4 bytes each; sh_flags, sh_addr, sh_offset and sh_size a word.
      let note: UInt64 = 7
      return table.integer(at: start + 4, size: 4, format.byteOrder) == note
        && table.integer(at: start + 8 + 2 * size, size: size, format.byteOrder)
          == notes.fileOffset
        && table.integer(at: start + 8 + 3 * size, size: size, format.byteOrder)
          == notes.fileSize
    }
  }

  private func look(
    at image: Anchor.Image, _ place: Range<UInt64>
  ) throws(SalvageError) -> Anchor.Look {
    let bytes = try source.bytes(at: place.lowerBound, count: Int(place.length))
    guard bytes.starts(with: FileHeader.magic) else {
      if image.isGuess { return .unknown }
      // Programs for Windows are mapped like ours, and look otherwise.
      if bytes.starts(with: [0x4d, 0x5a]) { return .unclear }
      return bytes.areZeros ? .zeros : .wrong
    }
    let unclear = image.isGuess ? Anchor.Look.unknown : .unclear
    guard let headers = ImageHeaders(bytes.span) else { return unclear }
    guard isOf(headers, image),
      let last = headers.programHeaders.lastIndex(where: { $0.kind == .load })
    else { return unclear }
    // Up to p_filesz of the last segment that was compared.
    let end =
      headers.header.programHeaderOffset
      &+ UInt64(last * headers.format.programHeaderSize + 5 * headers.format.wordSize)
    return .right(0..<min(end, place.length))
  }

  /// Whether these headers ask for what the process had mapped there.
  func isOf(_ headers: ImageHeaders, _ image: Anchor.Image) -> Bool {
    guard headers.format == memory.format, headers.header.machine == machine,
      let layout = MappingLayout(headers, base: image.base, pageSize: pageSize)
    else { return false }
    // Memory of one part with code is what a vdso is, and much else.
    if image.isGuess { return headers.loads.count > 1 && layout.fits(memory) }
    if let first = image.mapping {
      return layout.match(mappings, from: first, memory, mayBeMoved: false) != nil
    }
    if let entry = image.entry { return layout.bias &+ headers.header.entry == entry }
    let loads = headers.loads
    return loads.count == 1 && loads[0].memorySize <= image.room
      && headers.header.type == ImageHeaders.shared && headers.first(.dynamic) != nil
  }

  /// The linker of the process has put addresses in place of offsets; where it doesn't, they are below the image's size.
  private func lookAtDynamic(
    of range: Range<UInt64>, _ place: Range<UInt64>
  ) throws(SalvageError) -> Anchor.Look {
    let bytes = try source.bytes(at: place.lowerBound, count: Int(place.length))
    let section = DynamicSection(bytes.span, in: memory.format)
    guard let strings = section.first(.stringTable), let symbols = section.first(.symbolTable)
    else { return .wrong }
    guard range.contains(strings.value), range.contains(symbols.value) else { return .unknown }
    let size = memory.format.wordSize
    let offsets = [strings.valueOffset, symbols.valueOffset].sorted()
    return .right(UInt64(offsets[0] - size)..<UInt64(offsets[1] + size))
  }
}
