internal import CoreIO
internal import CoreModel
internal import ELFCore

/// Makes what is lost of the dynamic linker's list anew: `r_debug`, where the program's DT_DEBUG points, and the chain
/// of `link_map` nodes. No surviving byte is changed: a lost node that a surviving one points to is put where it was.
struct LinkMapRebuild {
  private(set) var segments: [RebuiltSegment] = []
  private(set) var outcome = LinkMapOutcome.survived

  private let memory: CoreMemory
  private let format: ELFFormat
  private let linkerBase: UInt64
  /// The program that the list begins with: not what the kernel started where that is a dynamic linker.
  private let main: Module?
  private let modules: [Module]
  private let isStartedByName: Bool
  private var arena: LinkMapArena?
  private var chain: LinkMapChain

  init(
    _ list: ModuleList, _ process: ProcessSnapshot, _ memory: CoreMemory,
    _ absence: ProgramAbsence
  ) throws(SalvageError) {
    self.memory = memory
    format = memory.format
    linkerBase = process.auxiliaryVector?[.base] ?? 0
    modules = list.modules.filter { $0.dynamicRange != nil }
    let program = list.program
    isStartedByName = program?.headers?.first(.interpreter) == nil
    main = isStartedByName ? try Self.startedByName(modules, memory) : program
    let room = modules.reduce(UInt64(256)) { $0 + 64 + UInt64($1.listedPath.count) }
    arena = LinkMapArena(capacity: room, memory)
    chain = LinkMapChain(memory)
    switch try Rendezvous.find(program, memory, absence) {
    case .none(let ending): outcome = ending
    case .at(let address, let dynamic): try rebuild(at: address, dynamic)
    case .anywhere(let dynamic): rebuildAnywhere(dynamic)
    }
    if case .impossible = outcome { segments = [] }
  }

  /// Of several programs that want an interpreter (libc is one), the one that has a DT_DEBUG was run.
  private static func startedByName(
    _ modules: [Module], _ memory: CoreMemory
  ) throws(SalvageError) -> Module? {
    for module in modules where module.headers?.first(.interpreter) != nil {
      guard let range = module.dynamicRange, range.length <= DynamicSection.largestSize else {
        continue
      }
      let found = try memory.dynamicSection(in: range)
      let dynamic = found.isWhole ? found.section : try module.file?.dynamicSection()
      if dynamic?.first(.debug) != nil { return module }
    }
    return nil
  }

  // MARK: r_debug

  private mutating func rebuild(at address: UInt64, _ dynamic: [RebuiltSegment])
    throws(SalvageError)
  {
    segments = dynamic
    switch try Rendezvous.firstNode(address, memory) {
    case nil, .unusable: outcome = .impossible("DT_DEBUG points to no memory that the dump had")
    case .value(0): outcome = .impossible("the dynamic linker had not come so far as to make one")
    case .value(let first):
      // What follows r_map can be lost alone.
      segments += rendezvous(first).map { memory.missing($0, at: address) } ?? []
      try complete(from: first)
    case .lost:
      guard let first = addChain(), let rendezvous = rendezvous(first) else { return noRoom() }
      segments += memory.missing(rendezvous, at: address)
    }
  }

  private mutating func rebuildAnywhere(_ dynamic: (UInt64) -> [RebuiltSegment]) {
    guard let first = addChain(), let rendezvous = rendezvous(first),
      let address = arena?.add(rendezvous)
    else { return noRoom() }
    segments += dynamic(address)
    addArena()
  }

  private func rendezvous(_ first: UInt64) -> [UInt8]? {
    DebugRendezvous(first: first, linkerBase: linkerBase).bytes(in: format)
  }

  private mutating func noRoom() {
    outcome = .impossible("below the process's memory there is no room for it")
  }

  // MARK: The chain

  /// A whole chain of our own; the address of its first node.
  private mutating func addChain() -> UInt64? {
    let modules = ordered(modules)
    guard let first = add(modules, after: 0) else { return nil }
    outcome = .rebuilt(modules.count)
    addArena()
    return first
  }

  /// The program first, as every reader expects it; the rest by address.
  private func ordered(_ modules: [Module]) -> [Module] {
    guard let main else { return modules }
    return [main] + modules.filter { $0.base != main.base }
  }

  /// Follows the chain as far as it survived, and goes on from there.
  private mutating func complete(from first: UInt64) throws(SalvageError) {
    guard try chain.walk(from: first) else {
      outcome = .impossible("its chain is broken in the process's own memory")
      return
    }
    var missing = modules.filter { module in
      !chain.knows(module.dynamicRange?.lowerBound ?? 0)
    }
    if chain.isEmpty { missing = ordered(missing) }
    let count = missing.count
    for node in chain.torn {
      let module = take(node, from: &missing)
      guard let map = map(module, next: node.next ?? 0, previous: node.previous) else {
        return noRoom()
      }
      segments += memory.missing(map.bytes(in: format), at: node.address)
    }
    if let end = chain.lostEnd, !missing.isEmpty {
      let module = take(end, from: &missing)
      guard let next = add(missing, after: end.address),
        let map = map(module, next: next, previous: end.previous)
      else { return noRoom() }
      segments += memory.missing(map.bytes(in: format), at: end.address)
    }
    segments += try chain.names(of: modules, beside: segments)
    addArena()
    outcome = segments.isEmpty ? .survived : chain.isEmpty ? .rebuilt(count) : .completed(count)
  }

  /// The module of a node: the one that its surviving words name, else the first that is missing. nil where those words
  /// name none of ours: the vdso, as a rule.
  private func take(_ node: LinkMapChain.Lost, from missing: inout [Module]) -> Module? {
    let named = missing.firstIndex { module in
      node.bias == module.bias || node.dynamic == module.dynamicRange?.lowerBound
    }
    guard node.bias == nil, node.dynamic == nil else { return named.map { missing.remove(at: $0) } }
    return missing.isEmpty ? nil : missing.removeFirst()
  }

  /// Adds nodes of our own that follow one another; the address of the first, 0 for none.
  private mutating func add(_ modules: [Module], after previous: UInt64) -> UInt64? {
    guard !modules.isEmpty else { return 0 }
    guard let start = arena?.next else { return nil }
    let size = LinkMap.size(in: format)
    var nameAddress = start + UInt64(modules.count) * size
    var nodes: [UInt8] = []
    var names: [UInt8] = []
    for (index, module) in modules.enumerated() {
      let address = start + UInt64(index) * size
      let isLast = index + 1 == modules.count
      let map = LinkMap(
        bias: module.bias, name: nameAddress, dynamic: module.dynamicRange?.lowerBound ?? 0,
        next: isLast ? 0 : address + size, previous: index == 0 ? previous : address - size)
      nodes += map.bytes(in: format)
      let name = self.name(of: module) + [0]
      names += name
      nameAddress += UInt64(name.count)
    }
    guard arena?.add(nodes + names) != nil else { return nil }
    arena?.align(to: 16)
    return start
  }

  /// The linker leaves the program's name empty where the kernel started it.
  private func name(of module: Module) -> [UInt8] {
    module.base == main?.base && !isStartedByName ? [] : module.listedPath
  }

  /// A node whose name stands in the arena, with zeros for what is not known of it.
  private mutating func map(_ module: Module?, next: UInt64, previous: UInt64) -> LinkMap? {
    let path = module.map(name) ?? []
    guard let name = arena?.add(path + [0]) else { return nil }
    return LinkMap(
      bias: module?.bias ?? 0, name: name, dynamic: module?.dynamicRange?.lowerBound ?? 0,
      next: next, previous: previous)
  }

  private mutating func addArena() {
    guard let arena, !arena.bytes.isEmpty else { return }
    segments.removeAll { $0.range.lowerBound == arena.start }
    segments.append(RebuiltSegment(at: arena.start, arena.bytes))
  }
}
