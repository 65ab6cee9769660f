internal import CLinux
internal import Glibc
package import SystemPackage

/// The names of files that are not to stay: hidden, beside what they are for, and never to be taken for anything else.
///
/// Whoever writes one holds a lock on it, so that the leftover of a kill is known by being free.
package enum TemporaryName {
  /// What stands in every such name.
  package static let mark = "coresalvage-"

  /// How much of the name that it is for can stand in it: 255 bytes is the most that file systems take.
  private static let longestStem = 200

  /// A new name for a file that is to become `name`.
  package static func random(for name: FilePath.Component) -> FilePath.Component {
    let digits = hexadecimal(.random(in: 0...UInt64(UInt32.max)), digits: 8)
    return component(name.bytes.prefix(longestStem), digits)
  }

  /// The one name for a thing of that kind beside `name`. A long name is cut and told apart by its digest.
  package static func fixed(_ kind: String, for name: FilePath.Component) -> FilePath.Component {
    let bytes = name.bytes
    guard bytes.count > longestStem else { return component(bytes[...], kind) }
    let digest = hexadecimal(Hash.of64(bytes[...]), digits: 16)
    return component(bytes.prefix(longestStem - 17) + Array("~\(digest)".utf8), kind)
  }

  private static func component(
    _ stem: ArraySlice<UInt8>, _ ending: String
  ) -> FilePath.Component {
    let bytes = Array(".".utf8) + stem + Array(".\(mark)\(ending)".utf8)
    // A name's bytes hold no slash and no zero, and this one begins with no second dot.
    return FilePath.Component(bytes) ?? ".coresalvage"
  }

  /// What a name of ours is for, and what stands after the mark; nil for every other name.
  package static func parts(of name: FilePath.Component) -> (stem: [UInt8], ending: String)? {
    let bytes = name.bytes
    guard bytes.first == UInt8(ascii: "."), bytes.count > mark.utf8.count + 2 else { return nil }
    let marked = Array(".\(mark)".utf8)
    for start in stride(from: bytes.count - marked.count, through: 0, by: -1)
    where bytes[start...].starts(with: marked) {
      let ending = bytes[(start + marked.count)...]
      return (Array(bytes[1..<max(start, 1)]), String(decoding: ending, as: UTF8.self))
    }
    return nil
  }

  /// Takes the lock of a temporary file; false where somebody who cleans up has it, or has removed the file.
  package static func hold(_ descriptor: FileDescriptor) -> Bool {
    guard linux_lock(descriptor.rawValue) == 0 else {
      // Where nothing can be locked, nothing is cleaned up by its lock either.
      return Glibc.errno != EWOULDBLOCK
    }
    var status = stat()
    return unsafe fstat(descriptor.rawValue, &status) != 0 || status.st_nlink > 0
  }
}
