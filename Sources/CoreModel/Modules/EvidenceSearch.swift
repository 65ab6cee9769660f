internal import CoreIO
internal import ELFCore

/// Asks the memory that survived what it tells for and against files that no build-id vouches for.
///
/// It costs no more than a look at the stacks, at the modules' own surviving data, and at the tables of relocations of
/// those that are known.
struct EvidenceSearch {
  private let memory: CoreMemory
  private let process: ProcessSnapshot
  private let machine: Machine
  private let pageSize: UInt64
  private let targets: [Target]

  /// Of one module no more pages and no more pointers are compared.
  private static let mostPages: UInt64 = 1024
  private static let mostPointers = 1 << 16

  /// A module that is asked about.
  private struct Target {
    let index: Int
    let module: Module
    let image: ModuleImage

    func inMemory(_ range: Range<UInt64>) -> Range<UInt64>? {
      let start = module.bias &+ range.lowerBound
      let (end, overflow) = start.addingReportingOverflow(range.length)
      return overflow || range.isEmpty ? nil : start..<end
    }
  }

  /// `asked` are the indices of the modules whose files are asked about.
  init(
    _ list: ModuleList, _ asked: [Int], _ process: ProcessSnapshot
  ) {
    memory = list.memory
    self.process = process
    machine = list.structure.header.machine
    pageSize = list.pageSize
    targets = asked.compactMap { index in
      let module = list.modules[index]
      guard let image = module.file.flatMap(ModuleImage.init) else { return nil }
      return Target(index: index, module: module, image: image)
    }
  }

  /// What their own memory and the threads tell of them, by their indices.
  func ownEvidence() -> [Int: FileEvidence] {
    guard !targets.isEmpty else { return [:] }
    var found = targets.map { target in
      var evidence = FileEvidence()
      evidence.hasSameBuildID = hasSameBuildID(target)
      comparePages(target, &evidence)
      comparePointers(target, &evidence)
      return evidence
    }
    askStacks(&found)
    return Dictionary(uniqueKeysWithValues: zip(targets.map(\.index), found))
  }

  // MARK: The module's own memory

  /// Whether the build-id that survived where the file has its own is the same.
  private func hasSameBuildID(_ target: Target) -> Bool? {
    guard let expected = target.module.file?.buildID else { return nil }
    return memory.buildID(of: target.image.headers, bias: target.module.bias).map {
      $0 == expected
    }
  }

  /// Whether relocations wrote into what is mapped read-only.
  private func relocatesText(_ target: Target) -> Bool {
    target.image.dynamic?.relocatesText ?? false
  }

  private func comparePages(_ target: Target, _ evidence: inout FileEvidence) {
    guard !relocatesText(target) else { return }
    for load in target.image.loads where !load.flags.contains(.write) && load.fileSize > 0 {
      let size = min(load.fileSize, UInt64.max - load.address)
      guard let mapped = target.inMemory(load.address..<load.address + size),
        let range = behindHeaders(mapped, target)
      else { continue }
      let survived = memory.fates(of: range).filter { $0.fate == .survived }
      let count = survived.reduce(UInt64(0)) { $0 + $1.range.length / pageSize + 1 }
      let step = max(1, count / Self.mostPages)
      for (part, _) in survived {
        guard evidence.pages.count < 2 * Int(Self.mostPages) else { return }
        var start = part.lowerBound
        while start < part.upperBound {
          let end = next(1, after: start, before: part.upperBound)
          // A piece of a page, where the core was cut, can only tell against the file.
          let isPiece =
            max(range.lowerBound, start / pageSize * pageSize) < start
            || end < range.upperBound && end % pageSize != 0
          if let agrees = compare(start..<end, target), !(agrees && isPiece) {
            evidence.pages.add(agrees)
          }
          start = next(step, after: start, before: part.upperBound)
        }
      }
    }
  }

  /// The part of a range that is not the header page, which the file was compared with before; nil for none.
  private func behindHeaders(_ range: Range<UInt64>, _ target: Target) -> Range<UInt64>? {
    let headers = target.module.base..<target.module.base +| UInt64(ImageHeaders.readableSize)
    guard headers.contains(range.lowerBound) else { return range }
    return headers.upperBound < range.upperBound ? headers.upperBound..<range.upperBound : nil
  }

  /// Where the page begins that is so many after the one of an address; `end` where that is not before it.
  private func next(_ count: UInt64, after address: UInt64, before end: UInt64) -> UInt64 {
    let page = address / pageSize
    let (start, overflow) = (page + count).multipliedReportingOverflow(by: pageSize)
    return overflow ? end : min(start, end)
  }

  /// Whether a page, or what survived of it, is the file's; nil where it tells nothing.
  private func compare(_ range: Range<UInt64>, _ target: Target) -> Bool? {
    let bias = target.module.bias
    guard let bytes = (try? memory.bytes(at: range.lowerBound, count: Int(range.length))) ?? nil
    else { return nil }
    let expected = target.image.bytes(at: range.lowerBound &- bias, count: bytes.count)
    guard expected.count == bytes.count else { return nil }
    return PageComparison(bytes, expected, isX86: isX86).verdict
  }

  private var isX86: Bool {
    [.x86_64, .i386].contains(machine)
  }

  /// Pointers that the dynamic linker moved by the bias.
  private func comparePointers(_ target: Target, _ evidence: inout FileEvidence) {
    guard let kinds = Relocation.Kinds(machine), hasSurvivingData(target) else { return }
    let image = target.image
    let bias = target.module.bias
    var pointers = image.relocations { $0.kind == kinds.relative && $0.symbol == 0 }
    pointers += image.packedPlaces(limit: Self.mostPointers)
      .map { Relocation(relativeAt: $0, kind: kinds.relative) }
    let relro = image.headers.first(.relro).map { $0.address..<$0.addressEnd } ?? 0..<0
    let inside = target.inMemory(image.range) ?? 0..<0
    var pages = MemoryPages(memory)
    var count = 0
    for pointer in pointers.sorted(by: { $0.place < $1.place }) where count < Self.mostPointers {
      guard let value = pages.word(at: bias &+ pointer.place), inside.contains(value),
        let addend = pointer.addend ?? image.word(at: pointer.place)
      else { continue }
      count += 1
      let agrees = value == (bias &+ addend) & memory.format.largestWord
      if relro.contains(pointer.place) {
        evidence.fixedPointers.add(agrees)
      } else {
        evidence.pointers.add(agrees)
      }
    }
  }

  private func hasSurvivingData(_ target: Target) -> Bool {
    target.image.loads.contains { load in
      guard load.flags.contains(.write),
        let range = target.inMemory(load.address..<load.addressEnd)
      else { return false }
      return memory.fates(of: range).contains { $0.fate == .survived }
    }
  }

  // MARK: Threads

  private func askStacks(_ found: inout [FileEvidence]) {
    guard let instructions = CallInstructions(machine, in: memory.format) else { return }
    var ranges: [(range: Range<UInt64>, target: Int)] = []
    for (number, target) in targets.enumerated() {
      ranges += target.image.code.compactMap { target.inMemory($0) }.map { ($0, number) }
    }
    ranges.sort { $0.range.lowerBound < $1.range.lowerBound }
    let words = StackWords(process.threads, of: machine, memory, in: ranges.map(\.range))
    for (index, (_, number)) in ranges.enumerated() {
      let target = targets[number]
      let image = target.inMemory(target.image.range) ?? 0..<0
      var strays: Set<UInt64> = []
      for address in words.addresses[index] {
        guard let before = before(address, target) else { continue }
        if instructions.mayEnd(before.span, before: address, of: image) {
          found[number].calls.agreeing += 1
        } else if !mayBeNoReturn(address, before.span, instructions, image) {
          strays.insert(place(of: address, target))
        }
      }
      let functions = target.image.functions(holding: strays)
      // What is unknown and stands on stacks, such as a table of labels, is of one function.
      let strange = strays.filter { functions[$0] != $0 }.map { functions[$0] ?? $0 }
      found[number].calls.differing += Set(strange).count
    }
    for counter in Set(process.threads.filter(\.isInSystemCall).compactMap(\.programCounter)) {
      let index = ranges.partitioningIndex { $0.range.upperBound > counter }
      guard index < ranges.count, ranges[index].range.contains(counter) else { continue }
      let number = ranges[index].target
      guard let before = before(counter, targets[number]) else { continue }
      found[number].systemCalls.add(instructions.maySystemCallEnd(before.span))
    }
  }

  /// Whether an address of code before which no call stands is on a stack for another reason: threads keep pointers to
  /// functions; a system call of x86-64 leaves the address behind it in a register; and where a flag was written over
  /// the lowest byte of what stood there, it is no address at all.
  private func mayBeNoReturn(
    _ address: UInt64, _ before: Span<UInt8>, _ instructions: CallInstructions,
    _ image: Range<UInt64>
  ) -> Bool {
    instructions.mayFunctionBegin(after: before, at: address, of: image)
      || instructions.maySystemCallEnd(before) || address & 0xff == 1
  }

  /// Where an address is in the file; of Thumb code the lowest bit is no part of it.
  private func place(of address: UInt64, _ target: Target) -> UInt64 {
    (machine == .arm ? address & ~1 : address) &- target.module.bias
  }

  /// The file's bytes before an address.
  private func before(_ address: UInt64, _ target: Target) -> [UInt8]? {
    let place = place(of: address, target)
    let reach = UInt64(CallInstructions.reach)
    guard place >= reach else { return nil }
    let bytes = target.image.bytes(at: place - reach, count: CallInstructions.reach)
    return bytes.count == CallInstructions.reach ? bytes : nil
  }

  // MARK: Other modules

  /// Adds what the pointers of others tell, whose files are known, or as good as known.
  func askOthers(_ witnesses: [Module], _ found: inout [Int: FileEvidence]) {
    guard !targets.isEmpty else { return }
    let numbers = targets.indices.sorted { targets[$0].module.base < targets[$1].module.base }
    let places = numbers.map { number in
      (
        range: targets[number].inMemory(targets[number].image.range) ?? 0..<0,
        bias: targets[number].module.bias
      )
    }
    // Hostile files may ask for memory over each other.
    guard zip(places, places.dropFirst()).allSatisfy({ $0.range.upperBound <= $1.range.lowerBound })
    else { return }
    var bound = BoundSymbols(places)
    var pages = MemoryPages(memory)
    for witness in witnesses {
      guard let image = witness.file.flatMap(ModuleImage.init) else { continue }
      bound.ask(image, of: witness, &pages)
    }
    for (place, number) in numbers.enumerated() {
      found[targets[number].index]?.symbols = bound.compare(place, with: targets[number].image)
    }
  }
}

/// A page of memory, or a part of one, beside the bytes that it should have.
struct PageComparison {
  /// Whether some stretch is other than expected, and no damage.
  let differs: Bool
  /// Whether a stretch reads as zeros where the file has something: damage of the core, and nothing of the file's.
  let isDamaged: Bool
  /// Whether any stretch that is not zeros is as expected.
  private let tells: Bool

  /// Whether all of it is as expected.
  var isSame: Bool { !differs && !isDamaged }
  /// The same; nil where nothing is left to tell by.
  var verdict: Bool? { differs ? false : tells ? true : nil }

  /// What disks and file systems lose at once, at the least.
  private static let sector = 512

  /// A debugger's breakpoint may stand in the code of an x86.
  init(_ found: [UInt8], _ expected: [UInt8], isX86: Bool) {
    var tells = false
    var isDamaged = false
    var differs = false
    var start = 0
    while start < found.count {
      let end = min(found.count, start + Self.sector)
      let (left, right) = (found[start..<end], expected[start..<end])
      start = end
      if left == right {
        tells = tells || right.contains { $0 != 0 }
      } else if left.allSatisfy({ $0 == 0 }) {
        isDamaged = true
      } else if !isX86 || zip(left, right).contains(where: { $0 != $1 && $0 != 0xcc }) {
        differs = true
      }
    }
    self.differs = differs
    self.isDamaged = isDamaged
    self.tells = tells
  }
}
