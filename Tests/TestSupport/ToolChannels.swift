import Glibc
import SystemPackage

/// The three standard streams of a program that is run: our ends and its ends.
struct ToolChannels {
  private(set) var output: [UInt8] = []
  private(set) var errorOutput: [UInt8] = []
  /// What becomes the program's descriptors 0, 1 and 2.
  private(set) var childEnds: [FileDescriptor] = []
  private var inputEnd: FileDescriptor?
  private var outputEnd: FileDescriptor?
  private var errorEnd: FileDescriptor?
  private var pendingInput: ArraySlice<UInt8> = []

  init(_ tool: Tool) throws {
    switch tool.input {
    case .none: childEnds = [try Self.open("/dev/null", .readOnly)]
    case .file(let path): childEnds = [try Self.open(path, .readOnly)]
    case .descriptor(let end): childEnds = [try StreamPair.copy(of: end)]
    case .bytes(let bytes):
      let ends = try Self.pipe()
      childEnds = [ends.read]
      inputEnd = ends.write
      pendingInput = bytes[...]
      try Self.stopBlocking(ends.write)
    }
    outputEnd = try attach(tool.output)
    errorEnd = try attach(tool.errorOutput)
  }

  var isOpen: Bool { outputEnd != nil || errorEnd != nil }

  mutating func closeChildEnds() {
    for end in childEnds { try? end.close() }
    childEnds = []
  }

  /// Waits until something can be read or written, or until time is up, and does it.
  mutating func exchange(waiting: Duration) {
    let ends = [inputEnd, outputEnd, errorEnd]
    var polled = ends.enumerated().map { index, end in
      pollfd(fd: end?.rawValue ?? -1, events: Int16(index == 0 ? POLLOUT : POLLIN), revents: 0)
    }
    let microseconds = max(0, waiting.components.attoseconds / 1_000_000_000_000)
    if waiting < .milliseconds(1) {
      usleep(UInt32(microseconds))
    }
    let milliseconds = waiting.components.seconds * 1000 + microseconds / 1000
    guard poll(&polled, 3, Int32(min(max(milliseconds, 0), 1000))) > 0 else { return }
    if polled[0].revents != 0 { feed() }
    if polled[1].revents != 0 { Self.drain(&outputEnd, into: &output) }
    if polled[2].revents != 0 { Self.drain(&errorEnd, into: &errorOutput) }
  }

  private mutating func feed() {
    guard let end = inputEnd else { return }
    let written = pendingInput.withUnsafeBytes {
      Glibc.write(end.rawValue, $0.baseAddress, $0.count)
    }
    if written > 0 { pendingInput = pendingInput.dropFirst(written) }
    let failed = written < 0 && errno != EAGAIN && errno != EINTR
    guard failed || pendingInput.isEmpty else { return }
    try? end.close()
    inputEnd = nil
  }

  /// Reads once. A terminal whose other end is closed says EIO, a pipe says that 0 bytes came.
  private static func drain(_ end: inout FileDescriptor?, into bytes: inout [UInt8]) {
    guard let descriptor = end else { return }
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    let got = piece.withUnsafeMutableBytes {
      Glibc.read(descriptor.rawValue, $0.baseAddress, $0.count)
    }
    if got > 0 {
      bytes += piece[..<got]
    } else if got == 0 || errno != EINTR {
      try? descriptor.close()
      end = nil
    }
  }

  /// Opens what one of the program's outputs leads to; returns our end of it.
  private mutating func attach(_ output: Tool.Output) throws -> FileDescriptor? {
    switch output {
    case .pipe:
      let ends = try Self.pipe()
      childEnds.append(ends.write)
      return ends.read
    case .terminal:
      let ends = try Self.terminal()
      childEnds.append(ends.program)
      return ends.ours
    case .file(let path):
      childEnds.append(try Self.open(path, .writeOnly, options: [.create, .truncate]))
      return nil
    case .descriptor(let end):
      childEnds.append(try StreamPair.copy(of: end))
      return nil
    }
  }
}
