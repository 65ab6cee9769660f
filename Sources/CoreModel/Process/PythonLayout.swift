internal import CoreIO
internal import ELFCore

/// How a version of CPython lays out what is read of an interpreter, in bytes.
struct PythonLayout: Hashable, Sendable {
  /// Of `_PyRuntime`: the first interpreter.
  private(set) var interpreters: UInt64
  /// Of an interpreter: the next one, and its first thread.
  private(set) var nextInterpreter: UInt64
  private(set) var threads: UInt64
  /// Of a thread: the next one, its interpreter, and its innermost frame, or what leads to that.
  private(set) var nextThread: UInt64
  private(set) var interpreter: UInt64
  private(set) var frame: UInt64
  /// What lies on a C stack: its size, and where in it the way goes on to the next frame.
  private(set) var size: UInt64
  private(set) var next: UInt64
  /// The byte of it that says where it lies; nil where none does.
  private(set) var owner: UInt64?

  /// `FRAME_OWNED_BY_CSTACK` of 3.13, `FRAME_OWNED_BY_INTERPRETER` of 3.14: it lies on the stack of the C function that
  /// runs those before it.
  private static let ownedByStack: UInt8 = 3

  /// One that leads nowhere.
  var emptyBytes: [UInt8] {
    var bytes = [UInt8](repeating: 0, count: Int(size))
    if let owner { bytes[Int(owner)] = Self.ownedByStack }
    return bytes
  }

  /// From the table that `_PyRuntime` begins with since 3.13, one of 64-bit words (`_Py_DebugOffsets`); nil for versions
  /// that we don't know, and for what can be no frame.
  init?(_ words: [UInt64]) {
    guard words.count >= Self.wordCount else { return nil }
    // Each version puts new members between those of the one before.
    let thread: Int
    switch words[1] >> 16 {
    case 0x030d: thread = 19
    case 0x030e: thread = 22
    default: return nil
    }
    interpreters = words[5]
    nextInterpreter = words[8]
    threads = words[9]
    nextThread = words[thread + 2]
    interpreter = words[thread + 3]
    frame = words[thread + 4]
    size = words[thread + 9]
    next = words[thread + 10]
    let owner = words[thread + 14]
    self.owner = owner
    guard size <= 4096, owner < size, next < size,
      max(interpreters, nextInterpreter, threads) < 1 << 24,
      max(nextThread, interpreter, frame) < 1 << 24
    else { return nil }
  }

  static let wordCount = 40
  /// What the table begins with.
  static let cookie = Array("xdebugpy".utf8)

  /// Of 3.11, which has no such table; nil for other versions (`PY_VERSION_HEX`). A thread points to a `_PyCFrame` on its
  /// C stack, and that to the innermost frame; no other frame lies there.
  init?(version: UInt64, in format: ELFFormat) {
    guard version >> 16 == 0x030b, format.wordSize == 8 else { return nil }
    interpreters = 40
    nextInterpreter = 0
    threads = 16
    nextThread = 8
    interpreter = 16
    frame = 56
    size = 24
    next = 8
  }
}
