import Glibc
import Salvage
import SystemPackage
import TestSupport
import Testing

/// Libraries of which another build took the place, and cores that lost the page which would tell.
@Suite("a library that was replaced")
struct ReplacedLibraryTests {
  /// What is different in the other build. All have the same layout.
  enum Change: String, Sendable, CaseIterable {
    /// Nothing.
    case none = "NONE"
    /// A number: no instruction moves.
    case constant = "CONSTANT"
    /// One function more at the beginning.
    case inserted = "INSERTED"
    case reordered = "REORDERED"
    /// The same source, compiled otherwise.
    case optimized = "OPTIMIZED"

    /// Whether any function lies elsewhere.
    var moves: Bool { ![.none, .constant].contains(self) }
  }

  private static let library = """
    static int ledger[5000] = {7};
    #ifdef CONSTANT
    #define TAX 9
    #else
    #define TAX 8
    #endif
    int price(volatile int *p);
    int quote(long n);
    int order(long n);
    int market(long n);
    #define PRICE int price(volatile int *p) { ledger[1] = TAX; return *p + ledger[0]; }
    #define QUOTE int quote(long n) { return price((int *)n) + ledger[2]; }
    #define ORDER int order(long n) { return quote(n) * 5 + ledger[3]; }
    #define MARKET int market(long n) { return order(n) * 7 + ledger[4]; }
    #ifdef INSERTED
    int discount(int x) { int s = 0; for (int i = 0; i < x; i++) s += i * ledger[i]; return s; }
    #endif
    #ifdef REORDERED
    MARKET ORDER QUOTE PRICE
    #else
    PRICE QUOTE ORDER MARKET
    #endif
    """

  private static let program = """
    #include <pthread.h>
    #include <stdio.h>
    #include <stdlib.h>
    int market(long);
    static void *run(void *unused) { return (void *)(long)market(0); }
    int main(int count, char **words) {
      if (count > 2) rename(words[1], words[2]);
      pthread_t thread;
      pthread_create(&thread, 0, run, 0);
      return pthread_join(thread, 0);
    }
    """

  /// A process that crashed four functions deep in the library, on a thread whose stack survives.
  private struct Case {
    let folder: ScratchFolder
    let program: FilePath
    let library: FilePath
    /// Cut right before the library's header page, and right after it.
    let cut: FilePath
    let later: FilePath
    /// The functions of each thread as gdb names them with the right library.
    let truth: [Int32: [String]]

    /// `isEarly`: replaced while the process ran.
    init(_ change: Change, isEarly: Bool) throws {
      try Need.require(.gdb, .gcc, .kernelCores)
      let folder = try ScratchFolder()
      let library = folder.file("libshop.so")
      let (new, original) = (folder.file("new.so"), folder.file("original.so"))
      try folder.write(Array(ReplacedLibraryTests.library.utf8), to: "shop.c")
      func build(_ flags: [String], _ output: FilePath) throws {
        let words = ["-g", "-shared", "-fPIC"] + flags + ["-o", output.string]
        try Tool("gcc", words + [folder.file("shop.c").string]).runSuccessfully()
      }
      try build(["-O0"], library)
      let isOptimized = change == .optimized
      try build(
        isOptimized ? ["-O1", "-fno-optimize-sibling-calls"] : ["-O0", "-D\(change.rawValue)"], new)
      try Tool("cp", [library.string, original.string]).runSuccessfully()
      let flags = ["-g", "-O0", "-pthread"]
      let linking = ["-L\(folder.path)", "-lshop", "-Wl,-rpath,\(folder.path)"]
      try folder.write(Array(ReplacedLibraryTests.program.utf8), to: "main.c")
      let program = folder.file("main")
      let source = folder.file("main.c").string
      try Tool("gcc", flags + ["-o", program.string, source] + linking).runSuccessfully()

      let request = KernelCores.Request(program, isEarly ? [new.string, library.string] : [])
      let core = try KernelCores.dump(request, in: folder)
      let whole = try core.reference
      let name = library.string + (isEarly ? " (deleted)" : "")
      let mapping = try #require(
        try whole.mappings().first { $0.path == name && $0.fileOffset == 0 })
      let page = try #require(whole.loads.first { $0.address == mapping.range.lowerBound })

      if !isEarly { try Tool("mv", [new.string, library.string]).runSuccessfully() }
      let aside = folder.file("aside.so")
      try Tool("mv", [library.string, aside.string]).runSuccessfully()
      try Tool("cp", [original.string, library.string]).runSuccessfully()
      truth = try GDB(core.path, program: program).view().backtraces
      try Tool("mv", [aside.string, library.string]).runSuccessfully()
      (self.folder, self.program, self.library) = (folder, program, library)
      // Written now, as a copy is whose time nobody kept: the library's times tell nothing.
      cut = try core.cut(at: page.offset)
      later = try core.cut(at: page.offset + 4096)
    }

    /// The names that gdb gives in the repaired core and not in the whole one, and those that are the same.
    func names(in output: FilePath) throws -> (wrong: [String], right: [String]) {
      var (wrong, right): ([String], [String]) = ([], [])
      for (thread, frames) in try GDB(output, program: program).view().backtraces {
        for (index, name) in frames.enumerated() where name != "??" {
          let due = truth[thread] ?? []
          if due.indices.contains(index), due[index] == name {
            right.append(name)
          } else {
            wrong.append(name)
          }
        }
      }
      return (wrong, right)
    }
  }

  private static let functions: Set<String> = ["price", "quote", "order", "market"]

  @Test(
    "gives no wrong name: what moved is left out, and what did not is in doubt by its path",
    arguments: Change.allCases)
  func isNotDeleted(change: Change) throws {
    let victim = try Case(change, isEarly: false)
    #expect(Self.functions.isSubset(of: victim.truth.values.joined()))
    let output = victim.folder.file("out.core")
    let repair = try Repair(of: victim.cut)
    try repair.write(to: output)
    let path = victim.library.string
    let module = try #require(repair.report.modules.first { $0.path == Array(path.utf8) })
    let names = try victim.names(in: output)
    #expect(names.wrong.isEmpty, "\(change): \(names.wrong), \(module.verdict)")
    #expect(Self.functions.isSubset(of: names.right) != change.moves, "\(module.verdict)")
    if change.moves {
      #expect(module.verdict.verification == .leftOut)
      #expect(module.verdict.remark.hasPrefix("another build: "))
    } else {
      #expect(module.verdict.verification == .evidence)
    }
    try expectDoubt(of: path, in: repair.report)
  }

  @Test(
    "while the process ran gives no wrong name: its layout is not enough",
    arguments: Change.allCases)
  func isDeleted(change: Change) throws {
    let victim = try Case(change, isEarly: true)
    let output = victim.folder.file("out.core")
    let repair = try Repair(of: victim.cut)
    try repair.write(to: output)
    let path = victim.library.string
    let module = try #require(repair.report.modules.first { $0.path == Array(path.utf8) })
    #expect(module.verdict.verification == .leftOut)
    let names = try victim.names(in: output)
    #expect(names.wrong.isEmpty, "\(change): \(names.wrong), \(module.verdict)")
    try expectDoubt(of: path, in: repair.report)
    #expect(repair.report.description.contains("\(path): \(module.verdict.remark); left out"))
  }

  @Test(
    "and whose build-id survived gives no wrong name: the link map leads to no other file",
    arguments: [false, true])
  func isKnownToBeAnother(isEarly: Bool) throws {
    let victim = try Case(.reordered, isEarly: isEarly)
    let output = victim.folder.file("out.core")
    let repair = try Repair(of: victim.later)
    try repair.write(to: output)
    let path = victim.library.string
    let module = try #require(repair.report.modules.first { $0.path == Array(path.utf8) })
    #expect(module.verdict.verification == .core)
    #expect(module.verdict.remark.hasSuffix("replaced: the file here has another build-id"))
    let names = try victim.names(in: output)
    #expect(names.wrong.isEmpty, "\(names.wrong)")
    let bytes = String(decoding: try ReferenceSource.contents(of: output), as: UTF8.self)
    #expect(bytes.contains(path + (isEarly ? " (deleted)" : " (replaced)")))
    try expectDoubt(of: path, in: repair.report)
  }

  @Test(
    "is told apart by inspection as by a repair, also where it was replaced while the process ran",
    arguments: [Change.none, .reordered], [false, true])
  func isInspected(change: Change, isEarly: Bool) throws {
    let victim = try Case(change, isEarly: isEarly)
    let path = Array((victim.library.string + (isEarly ? " (deleted)" : "")).utf8)
    let inspection = try Inspection(of: victim.later)
    let module = try #require(inspection.modules.first { $0.path == path })
    #expect(module.localFile == (change == .none ? .same : .different))
    let repaired = try Repair(of: victim.later).report.modules
    let verdict = try #require(repaired.first { $0.path == Array(victim.library.string.utf8) })
    #expect(verdict.verdict.verification == (change == .none ? .buildID : .core))
  }

  /// Text and JSON name it.
  private func expectDoubt(of path: String, in report: RepairReport) throws {
    let lines = report.description.split(separator: "\n")
    let start = try #require(lines.firstIndex { $0.hasPrefix("  doubt") })
    #expect(lines[start...].contains { $0.contains(path) }, "\(report)")
    let json = try ParsedJSON(report.json.line)
    let module = try #require(json["modules"]?.array?.first { $0["path"]?.string == path })
    #expect(module["doubt"]?.string != nil)
  }

  @Test("is not said of a right one whose header page the core has lost a part of", .needs(.gdb))
  func damagedHeaderPage() throws {
    let folder = try ScratchFolder()
    let crash = try CrashProgram.threads.crash(in: folder)
    let whole = try crash.core.reference
    let libc = try #require(
      try whole.mappings().first { $0.path.contains("/libc.so") && $0.fileOffset == 0 })
    let page = try #require(whole.loads.first { $0.address == libc.range.lowerBound }).offset
    let last = try #require(whole.loads.last { $0.fileSize > 0 })
    for sector in UInt64(0)..<8 {
      // Zeros of a sector that was lost; and the core is cut as well, so that there is something to do.
      let cut = try crash.core.cut(at: last.offset)
      let file = try FileDescriptor.open(cut, .readWrite)
      try file.closeAfter {
        _ = try file.writeAll(
          toAbsoluteOffset: Int64(page + sector * 512), [UInt8](repeating: 0, count: 512))
      }
      let report = try Repair(of: cut).report
      let module = try #require(report.modules.first { $0.path == Array(libc.path.utf8) })
      #expect(
        [.buildID, .evidence].contains(module.verdict.verification), "sector \(sector): \(module)")
      #expect(!report.description.contains("replaced"), "sector \(sector)")
    }
  }
}
