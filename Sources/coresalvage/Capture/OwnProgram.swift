internal import Glibc
internal import SalvageText
internal import SystemPackage

/// The command's own file.
enum OwnProgram {
  static var path: FilePath {
    get throws {
      guard let name = unsafe realpath("/proc/self/exe", nil) else {
        throw SalvageError(.io(Errno(rawValue: errno), call: "read"), file: "/proc/self/exe")
      }
      defer { unsafe free(name) }
      return unsafe FilePath(platformString: name)
    }
  }
}
