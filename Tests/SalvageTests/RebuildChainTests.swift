import Salvage
import SystemPackage
import TestSupport
import Testing

/// Cuts inside the dynamic linker's own list: nodes that survived stay, and the others come back.
@Suite("a link map of which a part survived")
struct RebuildChainTests {
  /// A node as it stands in a core.
  private struct Node: Hashable {
    var address: UInt64
    var bias: UInt64
    var name: String?
    var dynamic: UInt64
  }

  /// The nodes of a core's chain, read with the reference reader alone; nil where it can't be followed to its end.
  private static func chain(of core: ReferenceCore, rendezvous: UInt64) throws -> [Node]? {
    func words(_ address: UInt64) throws -> [UInt64]? {
      guard let bytes = try core.wholeBytes(at: address, count: 40) else { return nil }
      return stride(from: 0, to: 40, by: 8).map { start in
        bytes[start..<start + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
      }
    }
    guard let head = try words(rendezvous) else { return nil }
    var nodes: [Node] = []
    var address = head[1]
    var previous: UInt64 = 0
    while address != 0, nodes.count < 100 {
      guard let node = try words(address), node[4] == previous else { return nil }
      let text = try core.bytes(at: node[1], count: 256).prefix { $0 != nil && $0 != 0 }
      let isReadable = try core.bytes(at: node[1] + UInt64(text.count), count: 1) == [0]
      nodes.append(
        Node(
          address: address, bias: node[0],
          name: isReadable ? String(decoding: text.map { $0 ?? 0 }, as: UTF8.self) : nil,
          dynamic: node[2]))
      previous = address
      address = node[3]
    }
    return nodes
  }

  /// Where `r_debug` lies, by the symbol of the dynamic linker.
  private static func rendezvous(_ crash: CrashProgram.Crash) throws -> UInt64? {
    let gdb = GDB(crash.core.path, program: crash.program)
    let result = try gdb.run(commands: [#"printf "AT %lu\n", (unsigned long)&_r_debug"#])
    return result.lines.first { $0.hasPrefix("AT ") }.flatMap { UInt64($0.dropFirst(3)) }
  }

  @Test("that is made anew has nodes as chap looks for them, and nothing writable above all else")
  func isFull() throws {
    let folder = try ScratchFolder(in: .memory)
    let crash = try CrashProgram.plugins.crash(in: folder)
    let whole = try crash.core.reference
    let heap = try #require(whole.loads.first { $0.fileSize >= 8 << 20 })
    let output = folder.file("out.core")
    let repair = try Repair(of: crash.core.cut(at: heap.offset + 4096))
    try repair.write(to: output)
    let new = try ReferenceCore(contentsOf: output)
    func word(_ address: UInt64) throws -> UInt64 {
      try #require(try new.wholeBytes(at: address, count: 8)).reversed().reduce(0) {
        $0 << 8 | UInt64($1)
      }
    }
    let arena = try #require(new.loads.min { $0.address < $1.address })
    #expect(arena.flags & 2 != 0)
    var (nodes, address, previous) = (0, arena.address, UInt64(0))
    while address != 0, nodes < 100 {
      #expect(try word(address + 0x20) == previous && word(address + 0x28) == address)
      let dynamic = try word(address + 0x10)
      let (start, end) = (try word(address + 0x200), try word(address + 0x208))
      #expect(start % 4096 == 0 && start < dynamic && dynamic < end)
      let module = try #require(repair.report.modules.first { $0.base == start })
      #expect(try word(address) == module.bias)
      let code = try word(address + 0x210)
      #expect(start < code && code < dynamic)
      (nodes, previous, address) = (nodes + 1, address, try word(address + 0x18))
    }
    #expect(nodes == repair.report.modules.count && nodes >= 6)
    let top = try #require(new.loads.max { $0.address < $1.address })
    #expect(top.flags & 2 == 0)
  }

  @Test(
    "is completed wherever the cut falls, and its survivors are not touched", .needs(.gdb),
    arguments: [CrashProgram.plugins, .threads, .prelinked])
  func isCompleted(of program: CrashProgram) throws {
    let folder = try ScratchFolder(in: .memory)
    let crash = try program.crash(in: folder)
    let whole = try crash.core.reference
    let rendezvous = try #require(try Self.rendezvous(crash))
    let vdso = Set(whole.loads.filter { $0.flags & 1 != 0 && $0.fileSize > 0 }.map(\.memoryRange))
    let all = try #require(try Self.chain(of: whole, rendezvous: rendezvous))
    let truth = all.filter { node in !vdso.contains { $0.contains(node.dynamic) } }
    #expect(truth.count >= 3)

    let output = folder.file("out.core")
    var outcomes: Set<String> = []
    for address in [rendezvous] + all.map(\.address) {
      let segment = try #require(whole.loads.first { $0.readableRange.contains(address) })
      for step in stride(from: UInt64(0), through: 40, by: 8) {
        let size = segment.offset + (address - segment.address) + step
        var options = RepairOptions()
        options.force = true
        let cut = try crash.core.cut(at: size)
        let repair = try Repair(of: cut, options: options)
        try repair.write(to: output)
        FileTree.remove(cut)
        outcomes.insert("\(repair.report.linkMap)".prefix { $0 != "(" }.description)
        let core = try ReferenceCore(contentsOf: output)
        let chain = try #require(
          try Self.chain(of: core, rendezvous: rendezvous), "cut at \(size), step \(step)")
        // Of the vdso's node, nothing tells where its dynamic section lay.
        let found = chain.filter { node in
          node.dynamic != 0 && !vdso.contains { $0.contains(node.dynamic) }
        }
        #expect(Set(found.map(\.dynamic)) == Set(truth.map(\.dynamic)), "cut at \(size)")
        #expect(found.first?.dynamic == truth.first?.dynamic, "cut at \(size)")
        for node in found.dropFirst() {
          let known = try #require(truth.first { $0.dynamic == node.dynamic })
          #expect(node.bias == known.bias)
          let name = try #require(node.name, "cut at \(size): \(node)")
          let own = try FileTree.realPath(FilePath(name))
          #expect(own == (try FileTree.realPath(FilePath(known.name ?? ""))), "cut at \(size)")
        }
      }
    }
    #expect(outcomes.isSuperset(of: ["rebuilt", "completed"]), "\(outcomes)")
  }

  @Test("is left alone where a cut tears a pointer, and said to be so", .needs(.gdb))
  func tornPointer() throws {
    let folder = try ScratchFolder(in: .memory)
    let crash = try CrashProgram.threads.crash(in: folder)
    let whole = try crash.core.reference
    let rendezvous = try #require(try Self.rendezvous(crash))
    let segment = try #require(whole.loads.first { $0.readableRange.contains(rendezvous) })
    for step: UInt64 in [9, 12, 15] {
      let size = segment.offset + (rendezvous - segment.address) + step
      let repair = try Repair(of: crash.core.cut(at: size))
      guard case .impossible = repair.report.linkMap else {
        Issue.record("cut \(step) bytes into r_debug: \(repair.report.linkMap)")
        continue
      }
      #expect(!repair.report.rebuilt.contains { $0.source == .linkMap })
    }
  }

  /// Where the `r_debug`s of all namespaces lie in a core, the program's first.
  private static func namespaces(of core: ReferenceCore, from first: UInt64) throws -> [UInt64] {
    var result = [first]
    while let bytes = try core.wholeBytes(at: result[result.count - 1], count: 48), bytes[0] == 2 {
      let next = bytes[40..<48].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      guard next != 0, !result.contains(next) else { break }
      result.append(next)
    }
    return result
  }

  @Test(
    "of several namespaces is completed in each that can be reached, and no library is in two of them",
    .needs(.gdb))
  func namespaces() throws {
    let folder = try ScratchFolder(in: .memory)
    let crash = try CrashProgram.namespaces.crash(in: folder)
    let whole = try crash.core.reference
    let rendezvous = try #require(try Self.rendezvous(crash))
    let heads = try Self.namespaces(of: whole, from: rendezvous)
    #expect(heads.count == 4)
    let vdso = Set(whole.loads.filter { $0.flags & 1 != 0 && $0.fileSize > 0 }.map(\.memoryRange))
    func isKnown(_ node: Node) -> Bool {
      node.dynamic != 0 && !vdso.contains { $0.contains(node.dynamic) }
    }
    let chains = try heads.map { try #require(try Self.chain(of: whole, rendezvous: $0)) }
    let truth = Dictionary(
      chains.joined().filter(isKnown).map { ($0.dynamic, $0) }, uniquingKeysWith: { $1 })
    // The dynamic linker is in all of them, by nodes that stand for one.
    let linker = try #require(chains[1].last).dynamic
    #expect(truth.count == 2 + 1 + 3 * 2)
    let libc = try #require(chains[0].first { $0.name?.contains("libc.so") ?? false })

    // Not only cuts: each page that the lists lie in is lost alone too.
    let places = heads + chains.joined().map(\.address)
    var losses: Set<Range<UInt64>> = []
    for address in places {
      let segment = try #require(whole.loads.first { $0.readableRange.contains(address) })
      let offset = segment.offset + (address - segment.address)
      losses.insert(offset..<whole.dueSize)
      losses.insert(offset + 16..<whole.dueSize)
      losses.insert(offset & ~4095..<offset & ~4095 + 4096)
    }
    let output = folder.file("out.core")
    for loss in losses {
      var options = RepairOptions()
      options.force = true
      options.intake.lostRanges = [loss]
      try Repair(of: crash.core.path, options: options).write(to: output)
      let core = try ReferenceCore(contentsOf: output)
      var seen: [UInt64] = []
      for head in try Self.namespaces(of: core, from: rendezvous) {
        let isEmpty = try core.wholeBytes(at: head + 8, count: 8)?.allSatisfy { $0 == 0 } ?? false
        let chain = try isEmpty ? [] : Self.chain(of: core, rendezvous: head)
        let found = try #require(chain, "lost \(loss): the list at \(head)").filter(isKnown)
        if head == rendezvous { #expect(found.first?.dynamic == chains[0].first?.dynamic) }
        for node in found {
          let known = try #require(truth[node.dynamic], "lost \(loss)")
          #expect(node.bias == known.bias)
          guard let name = node.name, !name.isEmpty, known.name?.isEmpty == false else { continue }
          let own = try FileTree.realPath(FilePath(name))
          #expect(own == (try FileTree.realPath(FilePath(known.name ?? ""))), "lost \(loss)")
        }
        let libraries = found.filter { truth[$0.dynamic]?.name?.contains("libc.so") ?? false }
        #expect(
          head != rendezvous || libraries.map(\.dynamic) == [libc.dynamic],
          "lost \(loss): lldb reads the first list, and a library in it twice is too much for it")
        seen += found.map(\.dynamic).filter { $0 != linker || head == rendezvous }
      }
      #expect(Set(seen) == Set(truth.keys), "lost \(loss)")
      #expect(seen.count == truth.count, "lost \(loss)")
    }
  }

  @Test("is not missed in a static program that loaded nothing, which is said")
  func staticProgram() throws {
    let folder = try ScratchFolder(in: .memory)
    let crash = try CrashProgram.staticProgram.crash(in: folder)
    let repair = try Repair(of: crash.core.cut(at: try crash.core.reference.loads[3].offset))
    #expect(repair.report.linkMap == .notNeeded)
    #expect(!repair.report.rebuilt.contains { $0.source == .linkMap })
    #expect(repair.report.description.contains("no link map: a static program has none"))
  }

  @Test(
    "of a static program gives lldb its names, though the vdso is lost that names itself",
    .needs(.tool("lldb-19")), arguments: [CrashProgram.staticProgram, .staticPlugins])
  func staticProgramInLLDB(_ program: CrashProgram) throws {
    let folder = try ScratchFolder()
    let crash = try program.crash(in: folder)
    let whole = try crash.core.reference
    let stack = try #require(whole.loads.last { $0.fileSize >= 0x20000 })
    // In a static program, this is where the list's second node lies too.
    let heap = try #require(
      whole.loads.filter { $0.flags & 2 != 0 && $0.fileSize > 0 }.dropFirst(1).first)
    for size in [stack.offset - 8 * 4096, stack.offset, heap.offset] {
      let output = folder.file("out-\(size).core")
      let repair = try Repair(of: crash.core.cut(at: size))
      try repair.write(to: output)
      let commands = ["target create -c '\(output)' '\(crash.program)'", "thread backtrace 1"]
      let result = try Tool("lldb-19", ["-b", "-x"] + commands.flatMap { ["-o", $0] }).run()
      let frame = try #require(result.lines.first { $0.contains("frame #0:") })
      #expect(
        frame.contains(program == .staticProgram ? "`compare(" : "`host_step("),
        "cut at \(size): \(frame), \(repair.report.linkMap)")
    }
  }
}
