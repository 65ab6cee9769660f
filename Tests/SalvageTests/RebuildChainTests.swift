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

  @Test(
    "is completed wherever the cut falls, and its survivors are not touched", .needs(.gdb),
    arguments: [CrashProgram.plugins, .threads])
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
      #expect(!repair.report.rebuilt.contains { $0.source == 1 })
    }
  }

  @Test("is not missed in a static program, which is said")
  func staticProgram() throws {
    let folder = try ScratchFolder(in: .memory)
    let crash = try CrashProgram.staticProgram.crash(in: folder)
    let repair = try Repair(of: crash.core.cut(at: try crash.core.size / 2))
    #expect(repair.report.linkMap == .notNeeded)
    #expect(repair.report.description.contains("no link map: a static program has none"))
  }
}
