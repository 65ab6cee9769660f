import CoreIO
import CoreModel
import Glibc
import SalvageCapture
import SystemPackage
import TestSupport
import Testing

@Suite("A store of captured cores")
struct StoreTests {
  // MARK: Its folder

  @Test("is made where it is not there, so that users can come to their cores")
  func isMade() throws {
    let scratch = try ScratchFolder()
    let folder = scratch.file("store")
    _ = try CaptureStore(folder)
    #expect(FileIdentity(at: folder, followingLinks: false)?.mode == S_IFDIR | 0o755)
    #expect(throws: SalvageError.self) { try CaptureStore(scratch.file("no/store")) }
    try scratch.write([], to: "file")
    #expect(throws: SalvageError.self) { try CaptureStore(scratch.file("file")) }
  }

  @Test("refuses a folder that others may write, unless none can take another's files")
  func refusesShared() throws {
    let scratch = try ScratchFolder()
    let folder = try scratch.makeFolder("store")
    chmod(folder.string, 0o777)
    #expect(throws: SalvageError.self) { try CaptureStore(folder) }
    chmod(folder.string, 0o1777)
    _ = try CaptureStore(folder)
  }

  @Test("refuses a folder, and a link to one, that belong to others", .needs(.root))
  func refusesForeign() throws {
    let scratch = try ScratchFolder()
    let folder = try scratch.makeFolder("store")
    let link = scratch.file("link")
    #expect(symlink(folder.string, link.string) == 0)
    _ = try CaptureStore(link)
    #expect(lchown(link.string, 4711, 0) == 0)
    #expect(throws: SalvageError.self) { try CaptureStore(link) }
    #expect(chown(folder.string, 4711, 0) == 0)
    #expect(throws: SalvageError.self) { try CaptureStore(folder) }
  }

  // MARK: Names

  @Test(
    "names a core as systemd does, and no name of a process leads elsewhere",
    arguments: [
      ("typical", "typical"), ("../etc", #"\x2e\x2e\x2fetc"#), (".hidden", #"\x2ehidden"#),
      ("", "-"), ("a b\n", #"a\x20b\x0a"#), ("kworker/0:1-x", #"kworker\x2f0:1-x"#),
      ("x.core", #"x\x2ecore"#), ("ü", #"\xc3\xbc"#), (#"\x2e"#, #"\x5cx2e"#),
    ])
  func names(_ name: String, _ escaped: String) throws {
    let scratch = try ScratchFolder()
    let store = try CaptureStore(scratch.path)
    let names = store.names(for: StoreSamples.record(name))
    let stem = "\(escaped).1000.0123456789abcdef0123456789abcdef.4242.1764397651000000"
    #expect(names.finished == scratch.file(stem + ".core"))
    #expect(names.unfinished == scratch.file(stem + ".capturing"))
  }

  @Test("keeps a name short, whatever the record holds")
  func shortNames() throws {
    let scratch = try ScratchFolder()
    let store = try CaptureStore(scratch.path)
    var record = StoreSamples.record(String(repeating: "/", count: 5000))
    record.bootID = "../../../etc"
    record.userID = nil
    let name = try #require(store.names(for: record).finished.lastComponent?.string)
    #expect(name.utf8.count < 200 && name.contains(".-.-.4242."))
    try scratch.write([], to: name)
  }

  @Test("gives no name twice: not one that is there, archived, or still to come")
  func unique() throws {
    let scratch = try ScratchFolder()
    let store = try CaptureStore(scratch.path)
    let record = StoreSamples.record()
    let first = store.names(for: record)
    let second = store.names(for: record)
    #expect(second.finished.string == first.finished.string.replacing(".core", with: ".2.core"))
    #expect(Set([first.unfinished, second.unfinished]).count == 2)
    let other = try CaptureStore(scratch.path)
    try scratch.write([], to: first.finished.lastComponent!.string + ".lz4")
    try scratch.write([], to: second.finished.lastComponent!.string)
    #expect(other.names(for: record).finished.string.hasSuffix(".3.core"))
  }

  // MARK: Access

  private func access(_ change: (inout CaptureRecord) -> Void) throws -> [String] {
    let scratch = try ScratchFolder()
    let store = try CaptureStore(scratch.path)
    var record = StoreSamples.record()
    change(&record)
    let path = try scratch.write([1], to: "x")
    chmod(path.string, 0o666)
    let file = try FileDescriptor.open(path, .readWrite)
    defer { try? file.close() }
    store.grantAccess(to: file, for: record)
    return try Tool("getfacl", ["-cpn", path.string]).runSuccessfully().lines
      .filter { !$0.isEmpty }.map { $0.split(separator: "\t")[0] }.map(String.init)
  }

  @Test("lets the user whose process it was read a core, and nobody else", .needs(.tool("getfacl")))
  func isGranted() throws {
    #expect(
      try access { _ in } == [
        "user::rw-", "user:1000:r--", "group::---", "mask::r--", "other::---",
      ])
  }

  @Test(
    "keeps from the users of a system, from nobody, and after changed credentials",
    .needs(.tool("getfacl")), arguments: [0, 999, 65534, 61184, 65519, UInt32.max, nil, 1000])
  func isNotGranted(_ user: UInt32?) throws {
    let found = try access { record in
      record.userID = user
      record.hasChangedCredentials = user == 1000
    }
    #expect(found == ["user::rw-", "group::---", "other::---"])
  }

  @Test("is really read by that user, and by no other", .needs(.otherUser))
  func reading() throws {
    let scratch = try ScratchFolder()
    chmod(scratch.path.string, 0o755)
    let store = try CaptureStore(scratch.path)
    let path = try scratch.write([1], to: "x")
    let file = try FileDescriptor.open(path, .readWrite)
    defer { try? file.close() }
    store.grantAccess(to: file, for: StoreSamples.record(user: 4711))
    func read(_ user: String) throws -> Bool {
      try Tool("setpriv", ["--reuid", user, "--regid", user, "--clear-groups", "cat", path.string])
        .run().ending == .exit(0)
    }
    #expect(try read("4711"))
    #expect(try !read("4712"))
  }

  // MARK: What was left

  @Test("tells unfinished cores that nobody is taking any more")
  func unfinished() throws {
    let scratch = try ScratchFolder()
    let store = try CaptureStore(scratch.path)
    let held = store.names(for: StoreSamples.record(after: 1)).unfinished
    let left = store.names(for: StoreSamples.record(after: 2)).unfinished
    for path in [held, left] { try scratch.write([1], to: path.lastComponent!.string) }
    try scratch.write([1], to: "foreign.capturing")
    let file = try FileDescriptor.open(held, .readWrite)
    defer { try? file.close() }
    #expect(flock(file.rawValue, LOCK_EX) == 0)
    #expect(store.unfinished() == [left])
  }

  @Test("removes what a killed archiver has left, and nobody's work")
  func leftovers() throws {
    let scratch = try ScratchFolder()
    let store = try CaptureStore(scratch.path)
    let core = store.names(for: StoreSamples.record()).finished.lastComponent!.string
    let left = ".\(core).lz4.coresalvage-0123abcd"
    let held = ".\(core).lz4.coresalvage-0123abce"
    for name in [left, held, ".other.coresalvage-0123abcd"] { try scratch.write([1], to: name) }
    let file = try FileDescriptor.open(scratch.file(held), .readWrite)
    defer { try? file.close() }
    #expect(flock(file.rawValue, LOCK_EX) == 0)
    store.makeRoom()
    #expect(try scratch.names() == [held, ".other.coresalvage-0123abcd"].sorted())
  }
}
