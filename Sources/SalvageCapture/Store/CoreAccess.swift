internal import CLinux
internal import CoreIO
internal import CoreModel
internal import ELFCore
internal import Glibc
internal import SystemPackage

/// Who may read a core: its owner, and by an ACL the user whose process it was. As systemd-coredump has it.
enum CoreAccess {
  /// Where the file system has no ACLs the owner alone may read it.
  static func grant(to descriptor: FileDescriptor, for record: CaptureRecord) {
    fchmod(descriptor.rawValue, 0o600)
    guard let user = user(for: record) else { return }
    let list = accessList(reader: user)
    _ = unsafe linux_set_attribute(
      descriptor.rawValue, "system.posix_acl_access", list, UInt(list.count))
  }

  /// The user who may read it besides; nil for nobody. What a program with changed credentials had in its memory is no affair
  /// of whoever started it. A system's own users need no cores, and numbers that are given to others tomorrow name nobody.
  static func user(for record: CaptureRecord) -> UInt32? {
    guard !record.hasChangedCredentials, let user = record.userID, user >= 1000,
      user != 65534, user != 65535, user != .max, !(61184...65519).contains(user)
    else { return nil }
    return user
  }

  /// The attribute `system.posix_acl_access`, version 2: entries of a tag, permissions and an id, little-endian, in the
  /// order of their tags. Source: linux/posix_acl_xattr.h.
  static func accessList(reader: UInt32) -> [UInt8] {
    let read: UInt64 = 4
    let none = UInt64(UInt32.max)
    let entries: [(tag: UInt64, permissions: UInt64, id: UInt64)] = [
      (0x01, read | 2, none),  // ACL_USER_OBJ
      (0x02, read, UInt64(reader)),  // ACL_USER
      (0x04, 0, none),  // ACL_GROUP_OBJ
      (0x10, read, none),  // ACL_MASK
      (0x20, 0, none),  // ACL_OTHER
    ]
    var bytes: [UInt8] = []
    bytes.append(2, size: 4, .little)
    for entry in entries {
      bytes.append(entry.tag, size: 2, .little)
      bytes.append(entry.permissions, size: 2, .little)
      bytes.append(entry.id, size: 4, .little)
    }
    return bytes
  }
}
