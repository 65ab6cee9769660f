internal import CoreIO
internal import CoreModel
internal import ELFCore

extension Inspection {
  /// So many different program counters of one module are looked up.
  private static let mostSymbols = 1024

  mutating func addThreads(_ core: Core) {
    let main = core.process.info?.id
    let numbers = SignalNumbers(core.structure.header.machine, core.process.writer)
    let places = core.names.places
    threads = core.process.threads.enumerated().map { index, status in
      Thread(
        id: status.id, name: status.id == main ? core.process.info?.name : nil,
        signal: Signal(status.signal, numbers), programCounter: status.programCounter,
        stackPointer: status.stackPointer, location: location(of: status.programCounter),
        stack: core.process.writer.isMachine
          ? nil : stack(of: status, isFirst: index == 0, places, core))
    }
  }

  private func stack(
    of status: ThreadStatus, isFirst: Bool, _ places: StackPlaces, _ core: Core
  ) -> StackState? {
    guard let pointer = status.stackPointer else { return nil }
    let overflowed = places.overflowed(
      by: pointer, status.framePointer, of: status, in: core.memory.segments)
    let end = places.end(above: overflowed ?? pointer, of: status, in: core.memory.segments)
    var stack = StackState(
      pointer: pointer, overflowed: overflowed, endingBefore: end, core.memory,
      isSound: core.soundStacks.contains(pointer))
    stack.addKernelWorker(programCounter: status.programCounter)
    // The first thread is the one that the signal is of.
    if isFirst, core.process.isFirstKnown, let fault = core.process.signalInfo,
      fault.signal == Int32(status.signal)
    {
      stack.addOverflow(pointer, fault, core.memory)
    }
    return stack
  }

  private func location(of address: UInt64?) -> Location {
    guard let address else { return Location() }
    let after = modules.partitioningIndex { $0.base > address }
    guard after > 0, address < modules[after - 1].end else { return Location() }
    return Location(module: after - 1, offset: address - modules[after - 1].base)
  }

  /// Names the functions that the program counters are in, from the files that are the modules'.
  mutating func addSymbols(_ files: [Int: ModuleFile]) {
    var wanted: [Int: Set<UInt64>] = [:]
    for thread in threads {
      guard let index = thread.location.module, files[index] != nil else { continue }
      wanted[index, default: []].insert(thread.location.offset)
    }
    var found: [Int: [UInt64: SymbolTable.Match]] = [:]
    for (index, offsets) in wanted {
      guard let module = files[index], let file = try? module.open() else { continue }
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
