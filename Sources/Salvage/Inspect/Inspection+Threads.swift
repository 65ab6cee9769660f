internal import CoreIO
internal import CoreModel
internal import ELFCore

extension Inspection {
  /// So many different program counters of one module are looked up.
  private static let mostSymbols = 1024

  mutating func addThreads(_ parts: Parts) {
    let main = parts.process.info?.id
    let numbers = SignalNumbers(parts.structure.header.machine, parts.process.writer)
    threads = parts.process.threads.map { status in
      Thread(
        id: status.id, name: status.id == main ? parts.process.info?.name : nil,
        signal: Signal(status.signal, numbers), programCounter: status.programCounter,
        stackPointer: status.stackPointer, location: location(of: status.programCounter),
        stack: parts.process.writer.isMachine
          ? nil : status.stackPointer.map { StackState(pointer: $0, parts.memory) })
    }
  }

  private func location(of address: UInt64?) -> Location {
    guard let address else { return Location() }
    let after = modules.partitioningIndex { $0.base > address }
    guard after > 0, address < modules[after - 1].end else { return Location() }
    return Location(module: after - 1, offset: address - modules[after - 1].base)
  }

  /// Compares each module with the file of its path on this machine.
  mutating func compareModules(_ files: inout ModuleFiles) {
    for index in modules.indices {
      let path = modules[index].path
      guard path.first == UInt8(ascii: "/") else { continue }
      switch files.file(named: path) {
      case .success(let file):
        guard let expected = modules[index].buildID else { continue }
        // A file without a build-id is not the one that had one.
        modules[index].localFile = file.buildID?.bytes == expected ? .same : .different
      case .failure(.missing), .failure(.hidden): modules[index].localFile = .absent
      case .failure(.notELF):
        if modules[index].buildID != nil { modules[index].localFile = .different }
      case .failure(.unreadable), .failure(.notRegular): continue
      }
    }
  }

  /// Names the functions that the program counters are in, where the file is there and the same.
  mutating func addSymbols(_ files: inout ModuleFiles) {
    var wanted: [Int: Set<UInt64>] = [:]
    for thread in threads {
      guard let index = thread.location.module, modules[index].localFile == .same else { continue }
      wanted[index, default: []].insert(thread.location.offset)
    }
    var found: [Int: [UInt64: SymbolTable.Match]] = [:]
    for (index, offsets) in wanted {
      guard case .success(let module) = files.file(named: modules[index].path),
        let file = try? module.open()
      else { continue }
      let headers = module.headers
      let sorted = offsets.sorted().prefix(Self.mostSymbols)
      let addresses = sorted.map { $0 &+ headers.firstAddress }
      for (offset, match) in zip(
        sorted, SymbolTable(file, headers.header).matches(addresses))
      {
        found[index, default: [:]][offset] = match
      }
    }
    for index in threads.indices {
      guard let module = threads[index].location.module,
        let match = found[module]?[threads[index].location.offset]
      else { continue }
      threads[index].location.symbol = match.name
      threads[index].location.symbolOffset = match.offset
    }
  }
}
