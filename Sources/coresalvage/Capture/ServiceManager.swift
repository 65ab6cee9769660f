internal import Glibc

/// The service manager's socket, as sd_notify(3) has it.
enum ServiceManager {
  /// Tells it how we are; nothing where nobody asks.
  static func tell(_ state: String) {
    guard let name = unsafe getenv("NOTIFY_SOCKET") else { return }
    var path = unsafe Array(String(cString: name).utf8)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    guard path.count > 1, path.count < MemoryLayout.size(ofValue: address.sun_path) else { return }
    // An abstract name begins with @ here, and with a NUL in the address.
    if path[0] == UInt8(ascii: "@") { path[0] = 0 }
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path) }
    let socket = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard socket >= 0 else { return }
    defer { close(socket) }
    let size = socklen_t(MemoryLayout<sa_family_t>.size + path.count)
    let bytes = Array(state.utf8)
    _ = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe sendto(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL), $0, size)
      }
    }
  }
}
