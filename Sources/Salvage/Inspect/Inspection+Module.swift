internal import CoreModel

extension Inspection {
  /// A program or library that was mapped when the core was written.
  public struct Module: Hashable, Sendable {
    /// Whether the file of that path on this machine is the one that was mapped.
    public enum LocalFile: String, Hashable, Sendable {
      /// Its build-id is the core's.
      case same
      /// Its build-id is another.
      case different
      /// There is no such file, or none that the core's owner may read.
      case absent
      /// It can't be told: a build-id is lost, or was never there.
      case unknown
    }

    /// As the kernel or ld.so named it, raw. `[vdso]` for the kernel's own; empty where no name survived.
    public var path: [UInt8]
    /// Where the file's first byte was mapped.
    public var base: UInt64
    /// The end of its last mapping.
    public var end: UInt64
    /// Why a core tells no build-id of a module.
    public enum BuildIDAbsence: String, Hashable, Sendable {
      /// What should hold it was in the dump, and is lost.
      case lost
      /// What should hold it was never dumped, as before Linux 2.6.24 or with a filter.
      case notDumped = "not dumped"
      /// What should hold it is there, and has none.
      case none
      /// There is something else than an ELF header.
      case noHeader = "no header"
    }

    /// nil where there is none in the core; then `buildIDAbsence` says why.
    public var buildID: [UInt8]?
    /// Why there is no build-id; of no meaning where there is one.
    public var buildIDAbsence = BuildIDAbsence.none
    /// Whether the file of that path on this machine is the same.
    public var localFile: LocalFile = .unknown
    /// The address that the file's first byte was linked for.
    var firstAddress: UInt64 = 0

    /// The last part of the path.
    public var name: [UInt8] { path.isEmpty ? Array("?".utf8) : MemoryNames.lastPart(path) }
  }
}
