internal import CLinux
internal import ELFCore
internal import SystemPackage

/// The kernel's request on a `@@` socket, `struct coredump_req` of Linux 6.17: what it can do, and what we ask of it.
struct SocketRequest {
  /// Bits of the request's mask, and of our answer's.
  private enum Mode {
    static let kernel: UInt64 = 1
    static let reject: UInt64 = 4
    static let wait: UInt64 = 8
  }

  let channel: CrashChannel

  /// How long the kernel may take for a few bytes.
  private static let patience: Int32 = 5000
  private static let requestSize = 16

  /// Takes a connection over; nil, and it is closed, where nobody but the kernel can be at the other end.
  init?(_ socket: FileDescriptor) {
    var process: Int32 = 0
    var descriptor: Int32 = -1
    guard unsafe linux_peer(socket.rawValue, &process, &descriptor) == 0, process > 0 else {
      try? socket.close()
      return nil
    }
    // Anybody may connect who can reach the path; only the kernel says of a process that it is being dumped.
    let state = descriptor >= 0 ? linux_dump_state(descriptor) : -1
    let peer = descriptor >= 0 ? FileDescriptor(rawValue: descriptor) : nil
    guard state > 0, state & Int(linux_dump_is_running) != 0 else {
      try? peer?.close()
      try? socket.close()
      return nil
    }
    channel = CrashChannel(
      .socket, processID: UInt32(process), process: peer, stream: socket,
      isForRoot: state & Int(linux_dump_for_user) == 0)
    guard let request = channel.bytes(Self.requestSize, patience: Self.patience),
      let size = request.span.integer(at: 0, size: 4, .little), size >= 16,
      let mask = request.span.integer(at: 8, size: 8, .little),
      mask & (Mode.kernel | Mode.wait) == Mode.kernel | Mode.wait,
      channel.skip(Int(size) - Self.requestSize, patience: Self.patience)
    else { return nil }
  }

  /// Asks for the stream; false where the kernel refuses.
  func accept() -> Bool { answer(Mode.kernel | Mode.wait) }

  /// Asks for no core.
  func reject() { _ = answer(Mode.reject) }

  private func answer(_ mask: UInt64) -> Bool {
    guard let stream = channel.stream else { return false }
    var bytes: [UInt8] = []
    bytes.append(UInt64(Self.requestSize), size: 4, .little)
    bytes.append(0, size: 4, .little)
    bytes.append(mask, size: 8, .little)
    let sent = unsafe bytes.withUnsafeBytes {
      unsafe linux_send(stream.rawValue, $0.baseAddress, UInt($0.count))
    }
    guard sent == bytes.count else { return false }
    // A mark of four bytes: 0, or what is wrong with our answer.
    return channel.bytes(4, patience: Self.patience) == [0, 0, 0, 0]
  }
}

extension CrashChannel {
  /// Reads bytes that a later kernel may add.
  fileprivate func skip(_ count: Int, patience: Int32) -> Bool {
    count == 0 || count > 0 && count <= 4096 && bytes(count, patience: patience) != nil
  }
}
