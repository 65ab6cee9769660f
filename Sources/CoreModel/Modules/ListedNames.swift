/// The names by which the dynamic linker's list knows the modules: debuggers open those, and the kernel's are often others
/// (`/lib/libc.so.6` of `/usr/lib/libc.so.6`).
package struct ListedNames {
  /// What the list says of one object: where its dynamic section lies, and its name. Each is there once.
  struct Entry: Hashable {
    let dynamic: UInt64
    let name: PathKey
  }

  private(set) var entries: [Entry] = []
  private var names: [UInt64: [[UInt8]]] = [:]

  /// What can be read of the list is enough; none where there is no such list.
  package init(_ list: ModuleList, _ memory: CoreMemory, _ absence: ProgramAbsence) {
    guard
      case .at(let address, _)? = try? Rendezvous.find(
        list.program, hasLibraries: list.modules.count > 1, memory, absence),
      let namespaces = try? Rendezvous.namespaces(from: address, memory)
    else { return }
    var chain = LinkMapChain(memory)
    for address in namespaces {
      guard case .value(let first)? = try? Rendezvous.firstNode(address, memory) else { continue }
      _ = try? chain.walk(from: first)
    }
    var seen: Set<Entry> = []
    for object in chain.objects {
      guard let dynamic = object.dynamic, let name = memory.cString(at: object.name), !name.isEmpty
      else { continue }
      let entry = Entry(dynamic: dynamic, name: PathKey(name))
      guard seen.insert(entry).inserted else { continue }
      entries.append(entry)
      names[dynamic, default: []].append(name)
    }
  }

  /// More than one where a file is loaded in several namespaces.
  package subscript(module: Module) -> [[UInt8]] {
    module.dynamicRange.flatMap { names[$0.lowerBound] } ?? []
  }
}
