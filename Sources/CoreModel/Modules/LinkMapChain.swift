package import CoreIO
package import ELFCore

/// The chain of `link_map` nodes as far as it survived.
package struct LinkMapChain {
  /// A node of which a part or all is lost, with the words that survived.
  package struct Lost {
    package var address: UInt64
    package var bias: UInt64?
    /// The path that stands where its name points to.
    package var path: [UInt8]?
    package var dynamic: UInt64?
    package var next: UInt64?
    /// The node before it, or 0.
    package var previous: UInt64
  }

  private let memory: CoreMemory
  /// The `r_debug`s that lead to it, as far as they can be read.
  private var rendezvous: [Range<UInt64>] = []
  private var nodes: [(address: UInt64, map: LinkMap)] = []
  private var dynamics: Set<UInt64> = []
  /// How far each object lies from where it was linked for, where its path stands, and where its dynamic section lies, where
  /// the first two survived.
  private(set) var objects: [(bias: UInt64, name: UInt64, dynamic: UInt64?)] = []
  /// Nodes that the chain goes on from, though a part of them is lost.
  package private(set) var torn: [Lost] = []
  /// The lost node where the chain ends.
  package private(set) var lostEnd: Lost?

  /// glibc opens no more objects than this; a chain that goes on is a hostile one's.
  private static let mostNodes = 1 << 16
  private static let longestName = 4096

  package init(_ memory: CoreMemory) { self.memory = memory }

  /// The chains that the DT_DEBUG of a program leads to, of all namespaces and as far as they can be read; the program lies
  /// so far from where it was linked for.
  init(of program: ImageHeaders, bias: UInt64, _ memory: CoreMemory) {
    let debug = program.dynamicRange(bias: bias).flatMap {
      try? memory.dynamicSection(in: $0).section.first(.debug)
    }
    self.init(from: debug?.value ?? 0, memory)
  }

  /// The chains that the `r_debug` at an address leads to; none for 0.
  package init(from rendezvous: UInt64, _ memory: CoreMemory) {
    self.init(memory)
    guard rendezvous != 0,
      let namespaces = try? Rendezvous.namespaces(from: rendezvous, memory)
    else { return }
    for address in namespaces {
      guard case .value(let first)? = try? Rendezvous.firstNode(address, memory) else { continue }
      self.rendezvous.append(Rendezvous.range(address, memory))
      _ = try? walk(from: first)
    }
  }

  /// The chain of the program whose header table lies at an address, as far as that can be read.
  package init(ofProgramAt table: UInt64, _ memory: CoreMemory) {
    guard let base = memory.segment(at: table)?.address,
      let headers = Candidate([], at: base, in: memory).inCore
    else {
      self.init(memory)
      return
    }
    self.init(of: headers, bias: base &- headers.firstAddress, memory)
  }

  /// The nodes that survived whole.
  package var maps: [LinkMap] { nodes.map(\.map) }

  /// Where all that debuggers read of it lies: `r_debug`, the nodes that survived whole, and their names with their NULs.
  package var places: [Range<UInt64>] {
    let size = LinkMap.size(in: memory.format)
    return rendezvous
      + nodes.flatMap { node in
        let name = memory.cString(at: node.map.name).map { UInt64($0.count + 1) } ?? 0
        return [
          node.address..<(node.address +| size), node.map.name..<(node.map.name +| name),
        ]
      }
  }

  /// Whether no node survived.
  package var isEmpty: Bool { nodes.isEmpty }

  /// Whether no node of it, nor a part of one, is lost.
  package var isWhole: Bool { torn.isEmpty && lostEnd == nil }

  /// Whether a node survived that names this dynamic section.
  package func knows(_ dynamic: UInt64) -> Bool { dynamics.contains(dynamic) }

  /// False where the chain leads out of the memory that the dump had, or in a circle.
  package mutating func walk(from first: UInt64) throws(SalvageError) -> Bool {
    var visited: Set<UInt64> = []
    var address = first
    var previous: UInt64 = 0
    while address != 0 {
      guard visited.insert(address).inserted, visited.count < Self.mostNodes,
        let words = try memory.words(at: address, count: LinkMap.wordCount)
      else { return false }
      if let bias = words[0].value, let name = words[1].value {
        objects.append((bias, name, words[2].value))
      }
      guard !words.contains(.unusable) else { return false }
      let values = words.compactMap(\.value)
      var map = LinkMap(bias: 0, name: 0, dynamic: 0, next: 0, previous: 0)
      if values.count == words.count {
        map.words = values
        nodes.append((address, map))
        dynamics.insert(map.dynamic)
        previous = address
        address = map.next
        continue
      }
      let node = Lost(
        address: address, bias: words[0].value,
        path: words[1].value.flatMap { memory.cString(at: $0) },
        dynamic: words[2].value, next: words[3].value, previous: previous)
      guard let next = node.next else {
        lostEnd = node
        return true
      }
      torn.append(node)
      previous = address
      address = next
    }
    return true
  }

  /// The lost names of surviving nodes, put where those nodes look for them: beside all that is there already. The first
  /// node is the program's, where it has no name.
  ///
  /// - Parameter vdso: where the vdso lies, and the name that it gives itself. lldb takes a node without a name for one of the
  ///   program, and moves a static one there.
  package func names(
    of modules: [Module], vdso: (base: UInt64, name: [UInt8])?, isOfProgram: Bool,
    beside placed: [RebuiltSegment]
  ) throws(SalvageError) -> [RebuiltSegment] {
    let placed = placed.sorted { $0.range.lowerBound < $1.range.lowerBound }
    let paths = Dictionary(
      modules.filter { !$0.isAnother }.map { ($0.dynamicRange?.lowerBound ?? 0, $0.path) },
      uniquingKeysWith: { first, _ in first })
    var result: [RebuiltSegment] = []
    for (_, map) in nodes.dropFirst(isOfProgram ? 1 : 0) {
      let path = paths[map.dynamic] ?? (map.bias == vdso?.base ? vdso?.name : nil)
      guard let path, let name = try lostName(at: map.name, path) else { continue }
      for part in memory.missing(name, at: map.name, path: path) {
        let next = placed.partitioningIndex { $0.range.upperBound > part.range.lowerBound }
        guard next == placed.count || placed[next].range.lowerBound >= part.range.upperBound else {
          continue
        }
        result.append(part)
      }
    }
    return result
  }

  /// The path that a name whose end is lost may have been, with its NUL; nil where it survived, or can't be had.
  private func lostName(at address: UInt64, _ path: [UInt8]) throws(SalvageError) -> [UInt8]? {
    let beginning = try memory.prefix(at: address, limit: Self.longestName)
    guard address != 0, !beginning.contains(0) else { return nil }
    // The linker found it as /lib/…, and the kernel names the file behind the link /lib.
    let usr = Array("/usr".utf8)
    let names = path.starts(with: usr) ? [path, Array(path.dropFirst(usr.count))] : [path]
    guard let name = names.first(where: { $0.starts(with: beginning) }) else { return nil }
    let (end, overflow) = address.addingReportingOverflow(UInt64(name.count + 1))
    guard !overflow else { return nil }
    let fates = memory.fates(of: address..<end).map(\.fate)
    return fates == [.lost] || fates == [.survived, .lost] ? name + [0] : nil
  }
}
