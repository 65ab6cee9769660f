import CoreModel
import Glibc
import SalvageCapture
import SystemPackage
import TestSupport
import Testing

@Suite("A storm of crashes")
struct CrashLimitTests {
  private static func store(
    _ folder: ScratchFolder, perMinute: Int = 4, perProgram: Int = 2
  ) throws -> CaptureStore {
    var options = StoreOptions()
    options.perMinute = perMinute
    options.perProgram = perProgram
    return try CaptureStore(folder.path, options)
  }

  private static func skipped(_ folder: ScratchFolder) throws -> SkippedCrashes? {
    try CaptureStore.list(in: folder.path).skipped
  }

  @Test("is kept in part, of each program and in all, and the rest is counted")
  func limits() throws {
    let folder = try ScratchFolder()
    let store = try Self.store(folder)
    let admitted = ["a", "a", "a", "b", "b", "c", "a"].enumerated().map { index, name in
      store.admit(StoreSamples.record(name, after: UInt64(index)))
    }
    #expect(admitted == [true, true, false, true, true, false, false])
    let skipped = try #require(try Self.skipped(folder))
    #expect(skipped.count == 3 && skipped.others == nil)
    #expect(skipped.programs.map(\.program) == ["/usr/bin/a", "/usr/bin/c"])
    #expect(skipped.programs.map(\.count) == [2, 1])
    #expect(skipped.programs[0].first == StoreSamples.record(after: 2).time)
    #expect(skipped.programs[0].last == StoreSamples.record(after: 6).time)
    // A minute later there is room again.
    #expect(store.admit(StoreSamples.record("a", after: 61)))
  }

  @Test("is counted apart from crashes without room; what can't be written down is, once it can be")
  func room() throws {
    let folder = try ScratchFolder()
    let store = try Self.store(folder, perMinute: 1)
    let record = StoreSamples.record("a")
    #expect(store.admit(record) && !store.admit(record))
    // The count can't be written.
    FileTree.remove(folder.file("skipped.json"))
    _ = try folder.makeFolder("skipped.json")
    #expect(!store.countWithoutRoom(record) && !store.countWithoutRoom(record))
    FileTree.remove(folder.file("skipped.json"))
    #expect(store.countWithoutRoom(record))
    #expect(!store.admit(record))
    let skipped = try #require(try Self.skipped(folder))
    #expect(skipped.programs.map(\.reason) == [.room, .limits])
    #expect(skipped.programs.map(\.count) == [3, 1])
  }

  @Test("is limited across the processes that the kernel starts, and so across restarts")
  func processes() throws {
    let folder = try ScratchFolder()
    let admitted = try (0..<6).map { _ in
      try Self.store(folder, perMinute: 0, perProgram: 2).admit(StoreSamples.record())
    }
    #expect(admitted == [true, true, false, false, false, false])
    #expect(try Self.skipped(folder)?.count == 4)
    #expect(try Self.store(folder, perMinute: 0).admit(StoreSamples.record(user: 1001)))
  }

  @Test("is kept whole where there are no limits")
  func unlimited() throws {
    let folder = try ScratchFolder()
    let store = try Self.store(folder, perMinute: 0, perProgram: 0)
    #expect((0..<100).allSatisfy { _ in store.admit(StoreSamples.record()) })
    #expect(try folder.names().isEmpty)
  }

  @Test("of more programs than anybody reads is counted as that of others")
  func bounded() throws {
    let folder = try ScratchFolder()
    let store = try Self.store(folder, perMinute: 1)
    for index in 0..<140 {
      var record = StoreSamples.record("p\(index)")
      record.program = [UInt8](repeating: 0xff, count: 4096) + record.program
      _ = store.admit(record)
    }
    let skipped = try #require(try Self.skipped(folder))
    #expect(skipped.count == 139 && skipped.programs.count == 128)
    #expect(skipped.others?.count == 11)
    let size = try ReferenceSource.contents(of: folder.file("skipped.json")).count
    #expect(size < 1 << 20)
  }

  @Test("is counted from many threads at once")
  func threads() async throws {
    let folder = try ScratchFolder()
    let store = try Self.store(folder)
    let admitted = await withTaskGroup(of: Bool.self, returning: Int.self) { group in
      for index in 0..<50 {
        group.addTask { store.admit(StoreSamples.record("p\(index % 5)")) }
      }
      return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    #expect(admitted == 4)
    #expect(try Self.skipped(folder)?.count == 46)
  }

  @Test("is counted in spite of damaged counts, and never through a link")
  func hostile() throws {
    for text in [
      "", "{", "[]", "{\"format\":1,\"programs\":[1,{\"count\":-1}],\"others\":3}", "\0",
    ] {
      let folder = try ScratchFolder()
      try folder.write(Array(text.utf8), to: "skipped.json")
      try folder.write(Array("x\n1\n99999999999999999999 1\n5 zz\n".utf8), to: ".recent-crashes")
      let store = try Self.store(folder, perMinute: 1)
      #expect(store.admit(StoreSamples.record()))
      #expect(!store.admit(StoreSamples.record()))
      #expect(try Self.skipped(folder)?.count == 1)
    }
    let folder = try ScratchFolder()
    let outside = try ScratchFolder()
    let target = try outside.write([1, 2], to: "target")
    for name in ["skipped.json", ".recent-crashes", ".skipped.json.coresalvage-new"] {
      #expect(symlink(target.string, folder.file(name).string) == 0)
    }
    let store = try Self.store(folder, perMinute: 1)
    #expect(store.admit(StoreSamples.record()))
    #expect(!store.admit(StoreSamples.record()))
    #expect(try ReferenceSource.contents(of: target) == [1, 2])
  }
}
