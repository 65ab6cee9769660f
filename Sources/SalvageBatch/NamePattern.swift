internal import CoreIO
internal import Glibc
internal import SystemPackage

/// Patterns of glob(7) on names as the kernel sees them, byte by byte.
enum NamePattern {
  /// Whether a file's name is matched, or its path below its folder where the pattern has a slash.
  static func matches(_ pattern: [UInt8], _ file: FoundFile) -> Bool {
    let text = pattern.map { CChar(bitPattern: $0) } + [0]
    if pattern.contains(UInt8(ascii: "/")) {
      return unsafe file.relativePath.withPlatformString {
        unsafe fnmatch(text, $0, FNM_PATHNAME) == 0
      }
    }
    return unsafe file.name.withPlatformString { unsafe fnmatch(text, $0, 0) == 0 }
  }
}
