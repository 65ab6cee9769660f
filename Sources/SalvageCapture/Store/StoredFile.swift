internal import CoreIO
internal import SystemPackage

/// A file of a store, as it was found.
struct StoredFile: Hashable {
  let component: FilePath.Component
  let name: StoredName
  let identity: FileIdentity
  /// What it takes of the disk, in bytes.
  let allocated: UInt64
}
