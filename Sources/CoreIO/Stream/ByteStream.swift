internal import ELFCore
public import SystemPackage

/// Bytes that come once, in order, and whose number is known when they have come.
package protocol ByteStream: AnyObject {
  /// Fills the buffer; fewer bytes only at the end, after which there are none. A stream that can't be read on
  /// or decoded on has ended there.
  func read(into buffer: UnsafeMutableRawBufferPointer) -> Int
  /// How it ended. Of a meaning only after its end.
  var ending: StreamEnding { get }
  /// How many bytes before its end are not to be trusted, where it ended in damage.
  var doubtful: UInt64 { get }
  /// Whether checksums over all of it came and agree. Of a meaning only after its end.
  var isChecked: Bool { get }
  /// How many zeros stand behind a packed stream that ended where it should. Of a meaning only after its end.
  var zerosBehind: UInt64 { get }
}

extension ByteStream {
  /// Of what is decoded a block at a time, a block that can't be is left out as a whole.
  package var doubtful: UInt64 { 0 }
  /// What is packed in nothing has no checksum.
  package var isChecked: Bool { false }
  package var zerosBehind: UInt64 { 0 }
}

/// What became of a stream at its end.
public enum StreamEnding: Hashable, Sendable {
  /// It ended where it should, as far as it tells.
  case whole
  /// A compressed stream ended before its end mark.
  case cut
  /// A compressed stream has bytes that no decoder takes; the reason is the decoder's.
  case damaged(String)
  /// All was decoded, but a checksum over all of it is wrong: some of the bytes are, and which can't be told.
  case checksumWrong
  /// Reading failed.
  case unreadable(Errno)
}

/// What became of what stands behind the core in a bundle.
public struct StreamRest: Hashable, Sendable {
  /// How it ended: whole, cut or damaged.
  public package(set) var ending = StreamEnding.whole
  /// Whether a checksum of all of the bundle came, and agrees. Else nothing vouches for the core either.
  public package(set) var isChecked = false
  /// Whether the core ends where it should, as far as what stands behind it tells. Else bytes of it are missing, or too many.
  public package(set) var isInPlace = true

  package init() {}
}

/// What a stream is packed in.
public enum Packing: String, Hashable, Sendable {
  /// Zstandard frames.
  case zstd
  /// LZ4 frames; archives too where they come through a pipe that is read to its end.
  case lz4
  /// The members of a gzip file, one after another.
  case gzip
  /// The core of a bundle, however that is packed.
  case tar

  /// What the first bytes say; nil for bytes in no packing of these. Skippable frames (`184D2A5?`) are in use with both,
  /// and what comes after them decides.
  package init?(magic bytes: [UInt8]) {
    if bytes.starts(with: GzipStream.magic) {
      self = .gzip
      return
    }
    guard bytes.count >= 4 else { return nil }
    let number = bytes.span.integer(at: 0, size: 4, .little) ?? 0
    switch number {
    case 0xFD2F_B528: self = .zstd
    case 0x184D_2204: self = .lz4
    default: return nil
    }
  }

  /// What all of a file's bytes are the beginning of, where its name says so, too: fewer than tell it by themselves.
  package init?(remnant bytes: [UInt8], of name: String) {
    let known: [(ending: String, magic: [UInt8], packing: Packing)] = [
      ("zst", ZstdStream.frameMagic, .zstd), ("lz4", LZ4Stream.frameMagic, .lz4),
      ("gz", GzipStream.magic, .gzip),
    ]
    let found = known.first {
      name.hasSuffix("." + $0.ending) && bytes.count < $0.magic.count
        && $0.magic.starts(with: bytes)
    }
    guard let found, !bytes.isEmpty else { return nil }
    self = found.packing
  }

  /// Whether the bytes begin a frame that both formats' decoders skip, and how long that frame is.
  package static func skippableSize(_ bytes: [UInt8]) -> UInt64? {
    guard let magic = bytes.span.integer(at: 0, size: 4, .little),
      magic & 0xFFFF_FFF0 == 0x184D_2A50,
      let size = bytes.span.integer(at: 4, size: 4, .little)
    else { return nil }
    return size + 8
  }

  /// What a command has for the name of a file in an archive that the user has to choose.
  package static let anyName = "NAME"

  /// The packings that we don't read, and what unpacks `IN` into our standard input.
  package static func foreign(_ bytes: [UInt8]) -> (name: String, command: String)? {
    let known: [(magic: [UInt8], name: String, command: String)] = [
      ([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], "xz", "xz -dc IN"),
      ([0x42, 0x5a, 0x68], "bzip2", "bzip2 -dc IN"),
      ([0x4c, 0x5a, 0x49, 0x50], "lzip", "lzip -dc IN"),
      ([0x50, 0x4b, 0x03, 0x04], "zip", "unzip -p IN \(anyName)"),
      ([0x1f, 0x9d], "compress", "gzip -dc IN"),
      ([0x02, 0x21, 0x4c, 0x18], "lz4's legacy format", "lz4 -dc IN"),
      ([0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], "7-Zip", "7z x -so IN"),
      ([0x89, 0x4c, 0x5a, 0x4f, 0x00, 0x0d, 0x0a], "lzop", "lzop -dc IN"),
      // Lines of base64, each padded for itself, of a stream of gzip or zstd. apport-unpack is not where apport isn't.
      (
        Array("ProblemT".utf8), "a report of apport",
        "sed -n '/^CoreDump:/,/^[^ ]/s/^ //p' IN | base64 -d"
      ),
      // ELF's first bytes, in base64.
      (Array("f0VMR".utf8), "base64", "base64 -d IN"),
    ]
    return known.first { bytes.starts(with: $0.magic) }.map { ($0.name, $0.command) }
  }

  /// Dumps that are no ELF cores, and what opens `IN`.
  package static func foreignDump(_ bytes: [UInt8]) -> (name: String, command: String)? {
    let known: [(magic: String, name: String, command: String)] = [
      ("MDMP", "a minidump, with no more than its writer took", "lldb -c IN"),
      (
        "KDUMP   ",
        "a kernel's dump, compressed by makedumpfile or diskdump, for crash(8) and its kernel's vmlinux",
        "crash --osrelease IN"
      ),
      ("makedump", "a kernel's dump, flattened by makedumpfile", "makedumpfile -R vmcore < IN"),
    ]
    return known.first { bytes.starts(with: $0.magic.utf8) }.map { ($0.name, $0.command) }
  }
}
