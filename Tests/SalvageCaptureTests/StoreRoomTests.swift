import CoreModel
import Glibc
import SalvageCapture
import SystemPackage
import TestSupport
import Testing

@Suite("The room of a store")
struct StoreRoomTests {
  /// A store with a core of 1 MiB for each of these times, in seconds before now.
  private struct Sample {
    let scratch: ScratchFolder
    let store: CaptureStore
    /// In the order of the ages.
    var names: [String] = []

    init(_ ages: [UInt64], _ change: (inout StoreOptions) -> Void) throws {
      scratch = try ScratchFolder(in: .memory)
      var options = StoreOptions()
      options.keepFree = 0
      change(&options)
      store = try CaptureStore(scratch.path, options)
      for age in ages {
        var record = StoreSamples.record()
        record.time = Moment.now.microseconds - age * 1_000_000
        let name = try #require(store.names(for: record).finished.lastComponent).string
        try scratch.write([UInt8](repeating: 1, count: 1 << 20), to: name)
        names.append(name)
      }
    }
  }

  @Test("is made by removing the oldest cores, until no more is used than may be")
  func maxUse() throws {
    let sample = try Sample([30, 10, 20, 40]) { $0.maxUse = 2 << 20 }
    sample.store.makeRoom()
    #expect(try sample.scratch.names() == [sample.names[1], sample.names[2]].sorted())
  }

  @Test("takes everything but the newest core where nothing else helps")
  func newest() throws {
    for change in [{ $0.maxUse = 1 }, { $0.keepFree = .max }] as [(inout StoreOptions) -> Void] {
      let sample = try Sample([30, 10, 20], change)
      sample.store.makeRoom()
      #expect(try sample.scratch.names() == [sample.names[1]])
      #expect(sample.store.roomLeft() == 0)
    }
  }

  @Test("takes also the newest core when it is too old")
  func maxAge() throws {
    let sample = try Sample([7200, 7000, 60]) { $0.maxAge = 3600 }
    sample.store.makeRoom()
    #expect(try sample.scratch.names() == [sample.names[2]])
    let old = try Sample([7200]) { $0.maxAge = 3600 }
    old.store.makeRoom()
    #expect(try old.scratch.names().isEmpty)
  }

  @Test("is never made of what is unfinished, a stranger's, a link, or no core of a store's")
  func strangers() throws {
    let sample = try Sample([7200]) {
      $0.maxAge = 1
      $0.maxUse = 0
    }
    let core = sample.names[0]
    let stem = String(core.dropLast(".core".count))
    let outside = try ScratchFolder()
    let target = try outside.write([1], to: "target")
    let number = "0123456789abcdef0123456789abcdef"
    #expect(symlink(target.string, sample.scratch.file("link.1.\(number).1.1.core").string) == 0)
    #expect(mkfifo(sample.scratch.file("fifo.1.\(number).1.1.core").string, 0o600) == 0)
    _ = try sample.scratch.makeFolder("folder.1.\(number).1.1.core")
    var kept = ["link", "fifo", "folder"].map { "\($0).1.\(number).1.1.core" }
    for name in [
      stem + ".capturing", "core", "my.core", "x.core.lz4", ".\(core)", core + ".txt",
      core + ".bak",
      "a.b.1.\(number).1.1.core", "x.01.\(number).1.1.core", "x.1.\(number).1.1.1.core",
      "x.+1.\(number).1.1.core", #"x\x41.1.\#(number).1.1.core"#,
    ] {
      try sample.scratch.write([1], to: name)
      kept.append(name)
    }
    if geteuid() == 0 {
      let foreign = "foreign.1.\(number).1.1.core"
      #expect(chown(try sample.scratch.write([1], to: foreign).string, 4711, 0) == 0)
      kept.append(foreign)
    }
    sample.store.makeRoom()
    #expect(try sample.scratch.names() == kept.sorted())
    #expect(try outside.names() == ["target"])
  }

  @Test("that is left is what the limits leave of the disk")
  func left() throws {
    let sample = try Sample([10, 20]) { $0.maxUse = 5 << 20 }
    #expect(sample.store.roomLeft() == 3 << 20)
    let free = try Sample([]) { _ in }.store.roomLeft()
    #expect(free > 1 << 20 && free < .max)
    let kept = try Sample([]) { $0.keepFree = free / 2 }.store.roomLeft()
    #expect(kept < free * 3 / 4)
  }
}
