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
  /// Where the vdso lies, and the name that it gives itself: nothing is known of it besides.
  private let vdso: (base: UInt64, name: [UInt8])?
  /// The program that the list begins with: not what the kernel started where that is a dynamic linker.
  private let main: Module?
  private let modules: [Module]
  private let isStartedByName: Bool
  /// Whether nodes have all that readers of glibc's own list ask for.
  private let isFull: Bool
  private var arena: LinkMapArena?
  /// Of what is mapped twice, dlmopen's, those that the program did not have first.
  private let seconds: Set<UInt64>
  /// How many of them stand in a list of ours.
  private var secondCount = 0

  /// chap looks at no more than half a MiB of them.
  private static let mostFullNodes = 400
  /// For each one all modules are looked at. A cut tears one node; of many holes most lie elsewhere.
  private static let mostTorn = 1024

  init(
    _ list: ModuleList, _ process: ProcessSnapshot, _ memory: CoreMemory,
    _ absence: ProgramAbsence
  ) throws(SalvageError) {
    self.memory = memory
    format = memory.format
    linkerBase = process.auxiliaryVector?[.base] ?? 0
    vdso = Self.vdso(list, process)
    let program = list.program
    // A static program has no dynamic section, and stands in its list none the less.
    modules = list.modules.filter { $0.dynamicRange != nil || $0.base == program?.base }
    main = try Self.main(program, modules, memory)
    isStartedByName = main?.base != program?.base
    seconds = Self.seconds(of: modules, linkerBase)
    isFull = modules.count <= Self.mostFullNodes
    let size = isFull ? LinkMapNode.size(in: format) : LinkMap.size(in: format)
    let room = modules.reduce(1024 + 2 * size) { $0 + size + UInt64($1.listedPath.count) + 1 }
    arena = LinkMapArena(capacity: room, memory)
    let hasLibraries = modules.contains { $0.base != program?.base }
    switch try Rendezvous.find(program, hasLibraries: hasLibraries, memory, absence) {
    case .none(let ending): outcome = ending
    case .at(let address, let dynamic): try rebuild(at: address, dynamic)
    case .anywhere(let dynamic): try rebuildAnywhere(dynamic)
    }
    // Who was in the list that is lost is not known then.
    if !list.knowsLibraries, !segments.isEmpty { outcome = .impossible(absence.words) }
    // Of a static program that loaded none, what survived of its list is to be sound: lldb reads it.
    if !hasLibraries, isStatic {
      if case .completed = outcome {} else { outcome = .notNeeded }
    }
    if [.survived, .notNeeded].contains(outcome) { segments = [] }
    if case .impossible = outcome { segments = [] }
  }

  /// Whether the kernel started the program itself, without a dynamic linker.
  private var isStatic: Bool {
    main.map { $0.headers?.first(.interpreter) == nil && !isStartedByName } ?? false
  }

  private static func vdso(
    _ list: ModuleList, _ process: ProcessSnapshot
  ) -> (base: UInt64, name: [UInt8])? {
    let names: [Machine: String] = [
      .x86_64: "linux-vdso.so.1", .aarch64: "linux-vdso.so.1", .i386: "linux-gate.so.1",
    ]
    guard let base = process.auxiliaryVector?[.vdso],
      let name = names[list.structure.header.machine]
    else { return nil }
    return (base, Array(name.utf8))
  }

  /// What the kernel started, but where that is a dynamic linker: then of several programs that want an interpreter (libc
  /// is one) the one that has a DT_DEBUG was run.
  private static func main(
    _ program: Module?, _ modules: [Module], _ memory: CoreMemory
  ) throws(SalvageError) -> Module? {
    guard let program, let headers = program.headers else { return nil }
    if headers.first(.interpreter) != nil || program.dynamicRange == nil { return program }
    if try hasDebugEntry(program, memory) { return program }
    for module in modules where module.headers?.first(.interpreter) != nil {
      if try hasDebugEntry(module, memory) { return module }
    }
    return nil
  }

  private static func hasDebugEntry(
    _ module: Module, _ memory: CoreMemory
  ) throws(SalvageError) -> Bool {
    guard let range = module.dynamicRange, range.length <= DynamicSection.largestSize else {
      return false
    }
    let found = try memory.dynamicSection(in: range)
    let dynamic = found.isWhole ? found.section : try module.file?.dynamicSection()
    return dynamic?.first(.debug) != nil
  }

  // MARK: r_debug

  private mutating func rebuild(at address: UInt64, _ dynamic: [RebuiltSegment])
    throws(SalvageError)
  {
    segments = dynamic
    switch try Rendezvous.firstNode(address, memory) {
    case nil, .unusable: outcome = .impossible("DT_DEBUG points to no memory that the dump had")
    case .value(0): outcome = .impossible("the dynamic linker had not come so far as to make one")
    case .value: try complete(from: address)
    case .lost:
      let next = try Rendezvous.hasLostNext(address, memory) ? addSeconds() : nil
      guard let first = addChain() else { return noRoom() }
      try add(rendezvous(first, next: next), at: address)
    }
  }

  private mutating func rebuildAnywhere(
    _ dynamic: (UInt64) -> [RebuiltSegment]
  ) throws(SalvageError) {
    let next = try addSeconds()
    guard let first = addChain() else { return noRoom() }
    let bytes = rendezvous(first, next: next).bytes(in: format)
    guard let address = arena?.add(bytes) else { return noRoom() }
    segments += dynamic(address)
    addArena()
  }

  private func rendezvous(_ first: UInt64, next: UInt64? = nil) -> DebugRendezvous {
    DebugRendezvous(first: first, linkerBase: linkerBase, next: next)
  }

  /// What is lost of an `r_debug`. A word that leads on stands behind it where the version that survived says so: what is
  /// lost of that leads nowhere.
  private mutating func add(
    _ rendezvous: DebugRendezvous, at address: UInt64
  ) throws(SalvageError) {
    var rendezvous = rendezvous
    if rendezvous.next == nil, try Rendezvous.hasNext(address, memory) { rendezvous.next = 0 }
    segments += memory.missing(rendezvous.bytes(in: format), at: address)
  }

  private mutating func noRoom() {
    outcome = .impossible("below the process's memory there is no room for it")
  }

  // MARK: The chain

  /// A whole chain of our own; the address of its first node.
  private mutating func addChain() -> UInt64? {
    let modules = ordered(modules).filter { !seconds.contains($0.base) }
    guard let first = add(standIn + modules, after: 0) else { return nil }
    outcome = .rebuilt(modules.count + secondCount)
    addArena()
    return first
  }

  /// A list apart for what the program has twice: lldb, which reads the first list alone, knows one place for each file. The
  /// address of its `r_debug`; nil where there is none, or the dynamic linker is none that tells debuggers of such lists
  /// (glibc does since 2.35).
  private mutating func addSeconds() throws(SalvageError) -> UInt64? {
    let seconds = ordered(modules).filter { self.seconds.contains($0.base) }
    guard !seconds.isEmpty,
      let linker = modules.first(where: { $0.base == linkerBase })?.file,
      try linker.symbol("__rseq_size") != nil
    else { return nil }
    return addList(of: seconds)
  }

  private mutating func addList(of seconds: [Module]) -> UInt64? {
    guard let first = add(seconds, after: 0) else { return nil }
    let bytes = rendezvous(first).bytes(in: format)
    guard let address = arena?.add(bytes) else { return nil }
    secondCount = seconds.count
    return address
  }

  /// A node that tells nothing, where it is not known which module the program is: readers take the first one for it, and
  /// would pass over a library.
  private var standIn: [Module?] { main == nil && isStartedByName ? [nil] : [] }

  /// The program first, as every reader expects it; the rest by address, and last what is there twice.
  private func ordered(_ modules: [Module]) -> [Module] {
    modules.filter { $0.base == main?.base }
      + modules.filter { $0.base != main?.base && !seconds.contains($0.base) }
      + modules.filter { $0.base != main?.base && seconds.contains($0.base) }
  }

  /// Of the modules of one path all but the one that lies nearest to the dynamic linker: the kernel maps that, and what is
  /// mapped later comes ever farther away.
  private static func seconds(of modules: [Module], _ linkerBase: UInt64) -> Set<UInt64> {
    // Of a static program it is the first library, which lies highest.
    let start = linkerBase > 0 ? linkerBase : .max
    func distance(_ base: UInt64) -> UInt64 { base > start ? base - start : start - base }
    var first: [[UInt8]: UInt64] = [:]
    for module in modules {
      guard let other = first[module.path], distance(other) <= distance(module.base) else {
        first[module.path] = module.base
        continue
      }
    }
    return Set(modules.filter { first[$0.path] != $0.base }.map(\.base))
  }

  /// Follows the chains of all namespaces as far as they survived, and goes on from there.
  private mutating func complete(from address: UInt64) throws(SalvageError) {
    var namespaces: [LinkMapNamespace] = []
    for place in try Rendezvous.namespaces(from: address, memory) {
      let isFirst = namespaces.isEmpty
      guard let namespace = try LinkMapNamespace(at: place, memory) else {
        guard isFirst else { continue }
        outcome = .impossible(
          "its chain is broken in memory that is there: by damage, or by the process itself")
        return
      }
      namespaces.append(namespace)
    }
    let known = namespaces.map(\.chain)
    var missing = ordered(
      modules.filter { module in
        let dynamic = module.dynamicRange?.lowerBound ?? 0
        // The dynamic linker is in every list.
        let isShared = module.base == linkerBase && namespaces[0].isOpen
        return !known.prefix(isShared ? 1 : known.count).contains { $0.knows(dynamic) }
      })
    let count = missing.count
    for node in namespaces.flatMap(\.chain.torn).prefix(Self.mostTorn) {
      let module = take(node, from: &missing)
      guard let map = map(module, next: node.next ?? 0, previous: node.previous) else {
        return noRoom()
      }
      segments += memory.missing(map.bytes(in: format), at: node.address)
    }
    let open = namespaces.filter(\.isOpen)
    for (index, namespace) in open.enumerated() {
      // Who was in which is not known: what the program has twice is put into the last one that has room, but the first.
      let takesAll = index + 1 == open.count && namespace.address != address
      let isWanted = { (module: Module) in takesAll || !seconds.contains(module.base) }
      let added = missing.filter(isWanted)
      missing.removeAll(where: isWanted)
      guard try extend(namespace, by: added, isOfProgram: namespace.address == address) else {
        return noRoom()
      }
    }
    let rest = missing.filter { seconds.contains($0.base) }
    for (index, namespace) in namespaces.enumerated() {
      // What follows r_map can be lost alone.
      if let first = namespace.first {
        var next: UInt64?
        if index + 1 == namespaces.count, !rest.isEmpty,
          try Rendezvous.hasNext(namespace.address, memory),
          try Rendezvous.hasLostNext(namespace.address, memory)
        {
          next = addList(of: rest)
          missing.removeAll { next != nil && seconds.contains($0.base) }
        }
        try add(rendezvous(first, next: next), at: namespace.address)
      }
      segments += try namespace.chain.names(
        of: modules, vdso: vdso, isOfProgram: index == 0, beside: segments)
    }
    addArena()
    let added = count - missing.count
    let isNew = namespaces.allSatisfy(\.chain.isEmpty)
    outcome = segments.isEmpty ? .survived : isNew ? .rebuilt(added) : .completed(added)
  }

  /// Adds modules where the list of a namespace is lost; false where there is no room for them.
  private mutating func extend(
    _ namespace: LinkMapNamespace, by modules: [Module], isOfProgram: Bool
  ) throws(SalvageError) -> Bool {
    guard let end = namespace.chain.lostEnd else {
      let before = isOfProgram && !modules.isEmpty ? standIn : []
      guard let first = add(before + modules, after: 0) else { return false }
      try add(rendezvous(first), at: namespace.address)
      return true
    }
    var rest = modules
    let module = take(end, from: &rest)
    guard let next = add(rest, after: end.address),
      let map = map(module, next: next, previous: end.previous)
    else { return false }
    segments += memory.missing(map.bytes(in: format), at: end.address)
    return true
  }

  /// The module of a node: the first that is missing and has the node's surviving words. nil where none has: the vdso, as a
  /// rule.
  private func take(_ node: LinkMapChain.Lost, from missing: inout [Module]) -> Module? {
    let fitting = missing.indices.filter { index in
      node.bias.map { $0 == missing[index].bias } ?? true
        && node.dynamic.map { $0 == missing[index].dynamicRange?.lowerBound ?? 0 } ?? true
    }
    guard let first = fitting.first else { return nil }
    // The bias tells one from another, but for prelinked libraries: all of them have 0.
    guard fitting.count > 1, node.bias != nil, let path = node.path else {
      return missing.remove(at: first)
    }
    let named = fitting.filter { isName(path, of: missing[$0]) }
    return named.count == 1 ? missing.remove(at: named[0]) : nil
  }

  /// Whether a path that the dynamic linker went may have led to a module: the kernel names the file behind the links.
  private func isName(_ path: [UInt8], of module: Module) -> Bool {
    guard !path.isEmpty else { return name(of: module).isEmpty }
    let (name, own) = (MemoryNames.lastPart(path), MemoryNames.lastPart(module.path))
    return own == name || own.starts(with: name + [UInt8(ascii: ".")])
  }

  /// Adds nodes of our own that follow one another; the address of the first, 0 for none.
  private mutating func add(_ modules: [Module?], after previous: UInt64) -> UInt64? {
    guard !modules.isEmpty else { return 0 }
    arena?.align(to: 16)
    guard let start = arena?.next else { return nil }
    let size = isFull ? LinkMapNode.size(in: format) : LinkMap.size(in: format)
    var nameAddress = start + UInt64(modules.count) * size
    var nodes: [UInt8] = []
    var names: [UInt8] = []
    for (index, module) in modules.enumerated() {
      let address = start + UInt64(index) * size
      let isLast = index + 1 == modules.count
      let map = LinkMap(
        bias: module?.bias ?? 0, name: nameAddress,
        dynamic: module?.dynamicRange?.lowerBound ?? 0,
        next: isLast ? 0 : address + size, previous: index == 0 ? previous : address - size)
      nodes += isFull ? node(map, module).bytes(at: address, in: format) : map.bytes(in: format)
      let name = (module.map(name) ?? []) + [0]
      names += name
      nameAddress += UInt64(name.count)
    }
    guard arena?.add(nodes + names) != nil else { return nil }
    arena?.align(to: 16)
    return start
  }

  private func node(_ map: LinkMap, _ module: Module?) -> LinkMapNode {
    guard let module else { return LinkMapNode(map, extent: 0..<0, textEnd: 0) }
    let loads = module.headers?.loads ?? []
    let code = loads.filter { $0.flags.contains(.execute) }
    func end(_ loads: [ProgramHeader]) -> UInt64 {
      loads.reduce(module.base) { max($0, module.bias &+ $1.memoryEnd) }
    }
    return LinkMapNode(map, extent: module.base..<end(loads), textEnd: end(code))
  }

  /// The linker leaves the program's name empty where the kernel started it.
  private func name(of module: Module) -> [UInt8] {
    module.base == main?.base && !isStartedByName ? [] : module.listedPath
  }

  /// A node whose name stands in the arena, with zeros for what is not known of it. lldb takes a node without a name for the
  /// program, if that is static, and puts it where the node says.
  private mutating func map(_ module: Module?, next: UInt64, previous: UInt64) -> LinkMap? {
    let path = module.map(name) ?? []
    guard let name = arena?.add(path + [0]) else { return nil }
    return LinkMap(
      bias: module?.bias ?? (isStatic ? main?.bias : nil) ?? 0, name: name,
      dynamic: module?.dynamicRange?.lowerBound ?? 0,
      next: next, previous: previous)
  }

  private mutating func addArena() {
    guard let arena, !arena.bytes.isEmpty else { return }
    segments.removeAll { $0.range.lowerBound == arena.start }
    segments.append(RebuiltSegment(at: arena.start, arena.bytes, flags: [.read, .write]))
  }
}
