internal import CLinux
internal import ELFCore
package import SystemPackage

/// Who may read a file. Where it has an access control list, the group's bits of its mode are the most that any entry of that
/// gives, and not what its group may.
package struct FileAccess: Hashable, Sendable {
  package let owner: UInt32
  package let group: UInt32
  /// The nine bits of a mode that give nobody more than the list does: those whom it names have what everyone else has.
  package let mode: UInt32

  package init(of file: InputFile) { self.init(file.identity, file.descriptor) }
  package init(of folder: WalkedFolder) { self.init(folder.identity, folder.descriptor) }

  /// Of the file or folder of that name, or that a symbolic link leads to; nil where there is none that we may read.
  package init?(at path: FilePath) {
    guard
      let descriptor = try? FileDescriptor.open(
        path, .readOnly, options: [.closeOnExec, .nonBlocking])
    else { return nil }
    defer { try? descriptor.close() }
    guard let identity = try? FileIdentity(of: descriptor, path: path) else { return nil }
    self.init(identity, descriptor)
  }

  private init(_ identity: FileIdentity, _ descriptor: FileDescriptor) {
    owner = identity.owner
    group = identity.group
    let size = unsafe linux_attribute(descriptor.rawValue, Self.name, nil, 0)
    let all = identity.mode & 0o777
    guard size > 0 else {
      // As nearly everywhere: it has none.
      mode = all
      return
    }
    // Of a list that can't be read, nothing is known but that the owner is none of those whom it keeps out.
    mode = Self.entries(of: descriptor, size: size).map { Self.mode(all, $0) } ?? all & 0o700
  }

  // MARK: The list

  private static let name = "system.posix_acl_access"

  private struct Entry {
    let tag: UInt64
    let bits: UInt32
  }

  /// The tags of a list's entries. Source: linux/posix_acl.h.
  private enum Tag {
    static let (user, groupOfFile, mask): (UInt64, UInt64, UInt64) = (0x02, 0x04, 0x10)
    static let group: UInt64 = 0x08
  }

  /// Version 2: entries of a tag, permissions and an id, little-endian; nil for what is none. Source: linux/posix_acl_xattr.h.
  private static func entries(of descriptor: FileDescriptor, size: Int) -> [Entry]? {
    var list = [UInt8](repeating: 0, count: size)
    guard unsafe linux_attribute(descriptor.rawValue, name, &list, UInt(size)) == size,
      list.span.integer(at: 0, size: 4, .little) == 2
    else { return nil }
    return stride(from: 4, to: list.count - 7, by: 8).map { start in
      Entry(
        tag: list.span.integer(at: start, size: 2, .little) ?? 0,
        bits: UInt32(list.span.integer(at: start + 2, size: 2, .little) ?? 0) & 7)
    }
  }

  private static func mode(_ mode: UInt32, _ entries: [Entry]) -> UInt32 {
    guard let mask = entries.first(where: { $0.tag == Tag.mask })?.bits else { return mode }
    func most(_ tag: UInt64) -> UInt32 {
      entries.reduce(7) { $1.tag == tag ? $0 & $1.bits & mask : $0 }
    }
    // A user who is named has no more by a group, and whoever is named no more by being one of all.
    let group = most(Tag.groupOfFile) & most(Tag.user)
    let others = mode & most(Tag.user) & most(Tag.group)
    return mode & 0o700 | group << 3 | others & 7
  }
}
