import CoreIO
import CoreModel
import Glibc
import SalvageCapture
import SystemPackage
import TestSupport
import Testing

@Suite("A store that archives")
struct StoreArchiveTests {
  private static func store(_ folder: ScratchFolder) throws -> CaptureStore {
    var options = StoreOptions()
    options.archive = true
    options.keepFree = 0
    return try CaptureStore(folder.path, options)
  }

  @Test("keeps every byte of a core, and removes it once it has", .needs(.tool("lz4")))
  func bytes() throws {
    let folder = try ScratchFolder()
    let store = try Self.store(folder)
    let records = (0..<3).map { StoreSamples.record(after: $0) }
    let paths = try records.map { try StoreSamples.keep($0, in: store, folder) }
    store.drain()
    for (record, path) in zip(records, paths) {
      let archive = FilePath(path.string + ".lz4")
      #expect(!FileTree.exists(path))
      let unpacked = try Tool("lz4", ["-dc", archive.string]).runSuccessfully()
      #expect(unpacked.output == StoreSamples.core(record))
      #expect(FileIdentity(at: archive, followingLinks: false)?.mode == S_IFREG | 0o640)
    }
    #expect(try CaptureStore.list(in: folder.path).entries.map(\.isArchive) == [true, true, true])
  }

  @Test("gives the archive the core's access", .needs(.tool("getfacl")))
  func access() throws {
    let folder = try ScratchFolder()
    let store = try Self.store(folder)
    let path = try StoreSamples.keep(StoreSamples.record(), in: store, folder)
    store.drain()
    let list = try Tool("getfacl", ["-cpn", path.string + ".lz4"]).runSuccessfully().text
    #expect(list.contains("user:1000:r--") && list.contains("other::---"))
  }

  @Test("keeps a core that can't be archived, and goes on to others")
  func failure() throws {
    let folder = try ScratchFolder()
    let store = try Self.store(folder)
    let bad = store.names(for: StoreSamples.record(after: 1)).finished
    try folder.write([1, 2, 3], to: bad.lastComponent!.string)
    // Something else has the archive's name.
    let blocked = store.names(for: StoreSamples.record(after: 2)).finished
    try folder.write(
      StoreSamples.core(StoreSamples.record(after: 2)), to: blocked.lastComponent!.string)
    _ = try folder.makeFolder(blocked.lastComponent!.string + ".lz4")
    let good = try StoreSamples.keep(StoreSamples.record(after: 3), in: store, folder)
    store.drain()
    #expect(FileTree.exists(bad) && FileTree.exists(blocked) && !FileTree.exists(good))
  }

  @Test("archives also what another process that was killed has left")
  func resumed() throws {
    let folder = try ScratchFolder()
    let plain = try CaptureStore(folder.path)
    let first = try StoreSamples.keep(StoreSamples.record(after: 1), in: plain, folder)
    let second = try StoreSamples.keep(StoreSamples.record(after: 2), in: plain, folder)
    // Killed before the archive was complete.
    try folder.write([1, 2, 3], to: second.lastComponent!.string + ".lz4")
    let store = try Self.store(folder)
    try StoreSamples.keep(StoreSamples.record(after: 3), in: store, folder)
    store.drain()
    #expect(!FileTree.exists(first) && !FileTree.exists(second))
    #expect(
      try CaptureStore.list(in: folder.path).entries.map(\.state) == [.whole, .whole, .whole])
  }

  @Test("leaves the work to another process that is at it")
  func oneArchiver() throws {
    let folder = try ScratchFolder()
    try folder.write([], to: ".archiving")
    let file = try FileDescriptor.open(folder.file(".archiving"), .readWrite)
    defer { try? file.close() }
    #expect(flock(file.rawValue, LOCK_EX) == 0)
    let store = try Self.store(folder)
    let path = try StoreSamples.keep(StoreSamples.record(), in: store, folder)
    store.drain()
    #expect(FileTree.exists(path))
  }
}
