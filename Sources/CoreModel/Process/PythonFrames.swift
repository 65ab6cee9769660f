package import CoreIO
internal import ELFCore

/// The frames of Python's interpreters in the process, as far as they lead to memory that is lost.
///
/// CPython from 3.13 on tells debuggers how it keeps them: `_PyRuntime` begins with a table of offsets. Where it has none,
/// the file tells where it is and of which version.
package struct PythonFrames {
  /// A frame that is lost, in whole or in part, and that what survived leads to.
  package struct Lost: Hashable, Sendable {
    package let address: UInt64
    /// One of its kind that leads nowhere.
    package let emptyBytes: [UInt8]
  }

  package private(set) var lost: [Lost] = []

  private let memory: CoreMemory
  /// How many steps may still be taken. A hostile chain may be a ring.
  private var steps = 1 << 18
  /// How many bytes may still be searched for a runtime.
  private var searched: UInt64 = 16 << 20
  private var known: Set<UInt64> = []

  package init(_ modules: [Module], _ memory: CoreMemory) throws(SalvageError) {
    self.memory = memory
    for module in modules where Self.isNamedPython(module.path) {
      var isFound = false
      for mapping in module.mappings
      where memory.segment(at: mapping.range.lowerBound)?.flags.contains(.write) ?? false {
        isFound = try search(mapping.range) || isFound
      }
      if !isFound, let file = module.file { try follow(file, bias: module.bias) }
    }
  }

  /// `python3.13`, `libpython3.14.so.1.0`: whoever embeds it does so by its library, as a rule.
  private static func isNamedPython(_ path: [UInt8]) -> Bool {
    let name = MemoryNames.lastPart(path)
    return ["python", "libpython"].contains { name.starts(with: $0.utf8) }
  }

  /// Looks for a table in a module's data; whether there is one.
  private mutating func search(_ range: Range<UInt64>) throws(SalvageError) -> Bool {
    let chunkSize: UInt64 = 1 << 20
    let cookie = PythonLayout.cookie
    var start = range.lowerBound
    while start < range.upperBound, searched > 0 {
      let length = min(range.upperBound - start, chunkSize)
      searched -= min(searched, length)
      let bytes = try memory.prefix(at: start, limit: Int(length))
      for offset in stride(from: 0, through: bytes.count - cookie.count, by: 8)
      where bytes[offset] == cookie[0] && bytes[offset...].starts(with: cookie) {
        try follow(table: start + UInt64(offset))
        return true
      }
      start += length
    }
    return false
  }

  private mutating func follow(table address: UInt64) throws(SalvageError) {
    guard let table = try memory.bytes(at: address, count: 8 * PythonLayout.wordCount) else {
      return
    }
    let words = (0..<PythonLayout.wordCount).map { index in
      table.span.integer(at: 8 * index, size: 8, memory.format.byteOrder) ?? 0
    }
    if let layout = PythonLayout(words) { try follow(runtime: address, layout) }
  }

  private mutating func follow(_ file: ModuleFile, bias: UInt64) throws(SalvageError) {
    let format = memory.format
    guard let runtime = try file.symbol("_PyRuntime"),
      let place = try file.symbol("Py_Version"), let offset = file.fileOffset(of: place)
    else { return }
    let bytes = try file.bytes(at: offset, count: format.wordSize)
    guard let version = bytes.span.integer(at: 0, size: format.wordSize, format.byteOrder),
      let layout = PythonLayout(version: version, in: format)
    else { return }
    try follow(runtime: bias &+ runtime, layout)
  }

  private mutating func follow(
    runtime: UInt64, _ layout: PythonLayout
  ) throws(SalvageError) {
    var interpreter = try word(runtime, layout.interpreters)
    while let here = interpreter {
      var thread = try word(here, layout.threads)
      while let state = thread, try word(state, layout.interpreter) == here {
        try follow(frame: try word(state, layout.frame), layout)
        thread = try word(state, layout.nextThread)
      }
      interpreter = try word(here, layout.nextInterpreter)
    }
  }

  private mutating func follow(
    frame first: UInt64?, _ layout: PythonLayout
  ) throws(SalvageError) {
    var frame = first
    while let address = frame {
      let (end, overflow) = address.addingReportingOverflow(layout.size)
      guard !overflow else { return }
      if memory.has(.lost, in: address..<end), known.insert(address).inserted {
        lost.append(Lost(address: address, emptyBytes: layout.emptyBytes))
      }
      // Where nothing but the first lies on a C stack, the rest is in memory of Python's own.
      guard layout.owner != nil else { return }
      frame = try word(address, layout.next)
    }
  }

  /// A pointer of a structure; nil where it is 0 or lost, or no step is left.
  private mutating func word(
    _ address: UInt64, _ offset: UInt64
  ) throws(SalvageError) -> UInt64? {
    guard steps > 0 else { return nil }
    steps -= 1
    let value = try memory.word(at: address &+ offset)
    return value == 0 ? nil : value
  }
}
