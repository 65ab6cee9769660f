import Salvage
import SalvageArchive
import SalvageBatch
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// Work that is stopped in its middle.
@Suite("cancelled work")
struct CancellationTests {
  enum Work: CaseIterable {
    case write, writeStream, spool, archive, restore, restoreStream, verify

    /// Does it with files of a folder.
    func perform(in folder: ScratchFolder, _ progress: @escaping WorkProgress.Observer) throws {
      let core = folder.file("in.core")
      let archive = folder.file("in.core.lz4")
      let output = folder.file("out")
      var options = RepairOptions()
      options.reflink = .never
      options.intake.temporaryFolder = folder.path
      switch self {
      case .write: try Repair(of: core, options: options).write(to: output, progress: progress)
      case .writeStream:
        let null = try FileDescriptor.open("/dev/null", .writeOnly)
        try null.closeAfter {
          _ = try Repair(of: core, options: options).write(to: null, progress: progress)
        }
      case .spool:
        let packed = folder.file("in.zst")
        _ = try Repair(of: packed, for: output, options: options, progress: progress)
      case .archive:
        var options = ArchiveOptions()
        options.blockSize = .kib64
        try Repair(of: core).archive(to: output, options: options, progress: progress)
      case .restore: try Restore(of: archive).write(to: output, progress: progress)
      case .restoreStream:
        let null = try FileDescriptor.open("/dev/null", .writeOnly)
        try null.closeAfter { _ = try Restore(of: archive).write(to: null, progress: progress) }
      case .verify: _ = try Verification(of: archive, progress: progress)
      }
    }
  }

  private static let mib = 1 << 20

  /// A cut core of some MiB, and an archive of it. Mostly noise, so that no archive is done before it is begun.
  private static let inputs = Result { () throws -> (core: [UInt8], archive: [UInt8]) in
    var random = SeededGenerator(seed: 7)
    let block = (0..<64 << 10).map { _ in UInt8.random(in: 0...255, using: &random) }
    var builder = CoreBuilder.typical()
    builder.segments = (0..<UInt64(6 * mib / block.count)).map {
      BuilderSegment(at: 0x7fff_0000_0000 + $0 * 0x10000, block)
    }
    let core = Array(builder.build().bytes.dropLast(77))
    return (core, try ArchiveSample(of: core).archive)
  }

  /// A folder with what the work needs.
  private static func folder(for work: Work) throws -> ScratchFolder {
    let folder = try ScratchFolder()
    let core = try folder.write(inputs.get().core, to: "in.core")
    try folder.write(inputs.get().archive, to: "in.core.lz4")
    guard work == .spool else { return folder }
    try Need.tool("zstd").require()
    let packed = folder.file("in.zst").string
    _ = try Tool("zstd", ["-q", core.string, "-o", packed]).runSuccessfully()
    return folder
  }

  private struct Enough: Error {}

  private static func isCancelled(_ error: (any Error)?) -> Bool {
    (error as? SalvageError)?.kind == .cancelled
  }

  @Test("ends where whoever looks on throws, and leaves nothing", arguments: Work.allCases)
  func byObserver(work: Work) throws {
    let folder = try Self.folder(for: work)
    let before = try folder.names()
    let last = Mutex<WorkProgress.State?>(nil)
    let error = #expect(throws: SalvageError.self) {
      try work.perform(in: folder) { state in
        last.withLock { $0 = state }
        if state.done >= Self.mib { throw Enough() }
      }
    }
    #expect(Self.isCancelled(error))
    let state = try #require(last.withLock { $0 })
    #expect(state.done < 6 * Self.mib, "it went on: \(state)")
    #expect(try folder.names() == before)
  }

  @Test("ends where its task is cancelled, and leaves nothing", arguments: Work.allCases)
  func byTask(work: Work) async throws {
    let folder = try Self.folder(for: work)
    let before = try folder.names()
    let result = await Task {
      try withUnsafeCurrentTask { task in
        nonisolated(unsafe) let task = task
        try work.perform(in: folder) { state in
          if state.done >= Self.mib { task?.cancel() }
        }
      }
    }.result
    let error = #expect(throws: SalvageError.self) { try result.get() }
    #expect(Self.isCancelled(error))
    #expect(try folder.names() == before)
  }

  @Test("is a batch whose task is cancelled: what is finished stays, nothing else is there")
  func batch() async throws {
    let folder = try Self.folder(for: .write)
    let core = try Self.inputs.get().core
    let cores = try folder.makeFolder("cores")
    for number in 0..<12 { try folder.write(core, to: "cores/\(number).core") }
    var options = BatchOptions(output: folder.file("all").string)
    options.jobs = 2
    options.repair.reflink = .never
    let finished = Mutex<[String]>([])
    let settings = options
    let result = await Task {
      try withUnsafeCurrentTask { task in
        nonisolated(unsafe) let task = task
        _ = try Batch(of: [cores], options: settings).run { event in
          switch event {
          case .advanced(_, let state) where state.done >= 3 * Self.mib: task?.cancel()
          case .finished(let record):
            #expect(record.error == nil)
            finished.withLock { $0 += record.output.map { [$0.lastComponent!.string] } ?? [] }
          default: break
          }
        }
      }
    }.result
    let error = #expect(throws: SalvageError.self) { try result.get() }
    #expect(Self.isCancelled(error))
    let outputs = try FileTree.names(in: folder.file("all"))
    #expect(outputs == finished.withLock { $0.sorted() })
    #expect(outputs.count < 12)
    for output in outputs {
      #expect(try Inspection(of: folder.file("all").appending(output)).isRepaired)
    }
    #expect(try FileTree.names(in: cores).count == 12)
  }
}
