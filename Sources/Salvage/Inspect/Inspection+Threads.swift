internal import ELFCore

extension Inspection {
  /// So many different program counters of one module are looked up.
  private static let mostSymbols = 1024

  mutating func addThreads(_ parts: Parts, readsLocalFiles: Bool) {
    let main = parts.process.info?.id
    threads = parts.process.threads.map { status in
      Thread(
        id: status.id, name: status.id == main ? parts.process.info?.name : nil,
        signal: status.signal, programCounter: status.programCounter,
        stackPointer: status.stackPointer, location: location(of: status.programCounter),
        stack: parts.process.writer.isMachine
          ? nil : status.stackPointer.map { StackState(pointer: $0, parts.memory) })
    }
    if readsLocalFiles { addSymbols() }
  }

  private func location(of address: UInt64?) -> Location {
    guard let address else { return Location() }
    let after = modules.partitioningIndex { $0.base > address }
    guard after > 0, address < modules[after - 1].end else { return Location() }
    return Location(module: after - 1, offset: address - modules[after - 1].base)
  }

  /// Compares each module with the file of its path on this machine.
  mutating func compareModules() {
    for index in modules.indices {
      let path = modules[index].path
      guard path.first == UInt8(ascii: "/") else { continue }
      guard LocalFile.exists(path) else {
        modules[index].localFile = .absent
        continue
      }
      guard let file = LocalFile.open(path) else { continue }
      let found = ELFImage(file)
      guard let expected = modules[index].buildID else { continue }
      // A file without a build-id is not the one that had one.
      modules[index].localFile = found?.buildID == expected ? .same : .different
    }
  }

  /// Names the functions that the program counters are in, where the file is there and the same.
  private mutating func addSymbols() {
    var wanted: [Int: Set<UInt64>] = [:]
    for thread in threads {
      guard let index = thread.location.module, modules[index].localFile == .same else { continue }
      wanted[index, default: []].insert(thread.location.offset)
    }
    var found: [Int: [UInt64: SymbolTable.Match]] = [:]
    for (index, offsets) in wanted {
      guard let file = LocalFile.open(modules[index].path), let image = ELFImage(file)
      else { continue }
      let sorted = offsets.sorted().prefix(Self.mostSymbols)
      let addresses = sorted.map { $0 &+ image.headers.firstAddress }
      for (offset, match) in zip(
        sorted, SymbolTable(file, image.headers.header).matches(addresses))
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
