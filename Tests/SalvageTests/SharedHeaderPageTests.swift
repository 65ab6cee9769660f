import Salvage
import SystemPackage
import TestSupport
import Testing

/// Libraries without build-ids, of which two builds begin with the same page: their many symbols fill it, and what differs
/// lies behind it.
@Suite("a library without a build-id", .needs(.kernelCores, .gcc))
struct SharedHeaderPageTests {
  private static func library(_ functions: [String]) -> String {
    let symbols = (1...800).map {
      "int exported_symbol_number_\($0)(int a) { return a * \($0) + 7; }"
    }
    let calls = functions.map { name in
      """
      void \(name)(int n, void (*f)(int)) { volatile int x[10]; x[2] = n; f(n); x[3] = 4; }
      """
    }
    return (symbols + calls).joined(separator: "\n")
  }

  /// It may have another library in place of its own before it crashes.
  private static let program = """
    #include <stdio.h>
    #include <stdlib.h>
    void alpha(int n, void (*f)(int));
    void beta(int n, void (*f)(int));
    static void crash(int n) { abort(); }
    static void step(int n) { beta(n, crash); }
    int main(int count, char **words) {
      if (count > 2) rename(words[1], words[2]);
      alpha(count, step);
    }
    """

  private struct Case {
    let folder: ScratchFolder
    let library: FilePath
    /// The same bytes, and a build in which two functions have each other's place.
    let same: FilePath
    let other: FilePath
    let core: KernelCore
    /// Where the library's header page stands in the core.
    let page: UInt64

    /// `early`: what took the library's place while the process ran.
    init(early: KeyPath<Self, FilePath>? = nil) throws {
      folder = try ScratchFolder()
      library = folder.file("libbig.so")
      (same, other) = (folder.file("same.so"), folder.file("other.so"))
      for (file, functions) in [(same, ["alpha", "beta"]), (other, ["beta", "alpha"])] {
        _ = try KernelCores.compile(
          SharedHeaderPageTests.library(functions), named: "big",
          flags: ["-O1", "-fPIC", "-shared", "-Wl,--build-id=none", "-Wl,-soname,libbig.so"],
          in: folder)
        try Tool("mv", [folder.file("big").string, file.string]).runSuccessfully()
      }
      try Tool("cp", [same.string, library.string]).runSuccessfully()
      let place = folder.path.string
      try folder.write(Array(SharedHeaderPageTests.program.utf8), to: "main.c")
      let program = folder.file("main")
      try Tool(
        "gcc",
        ["-O1", "-o", program.string, folder.file("main.c").string, "-L\(place)", "-lbig"]
          + ["-Wl,-rpath,\(place)"]
      ).runSuccessfully()
      var words: [String] = []
      if early != nil { words = [folder.file("new.so").string, library.string] }
      if early == \.same {
        try Tool("cp", [same.string, words[0]]).runSuccessfully()
      } else if early == \.other {
        try Tool("cp", [other.string, words[0]]).runSuccessfully()
      }
      core = try KernelCores.dump(KernelCores.Request(program, words), in: folder)
      let whole = try core.reference
      let name = library.string + (early == nil ? "" : " (deleted)")
      let mapping = try #require(
        try whole.mappings().first { $0.path == name && $0.fileOffset == 0 })
      page = try #require(whole.loads.first { $0.address == mapping.range.lowerBound }).offset
    }

    /// The core without its last memory, which is none of the library's.
    var cut: FilePath {
      get throws {
        try core.cut(at: #require(try core.reference.loads.last { $0.fileSize > 0 }).offset)
      }
    }

    func put(_ file: FilePath) throws {
      try Tool("cp", [file.string, folder.file("put.so").string]).runSuccessfully()
      try Tool("mv", [folder.file("put.so").string, library.string]).runSuccessfully()
    }

    func module(of core: FilePath) throws -> (RepairReport.Module, RepairReport) {
      let report = try Repair(of: core).report
      let path = Array(library.string.utf8)
      return (try #require(report.modules.first { $0.path == path }), report)
    }

    /// As `inspect --needs` has it.
    func need(of core: FilePath) throws -> ModuleNeed {
      var options = Inspection.Options()
      options.listsNeeds = true
      let path = Array(library.string.utf8)
      return try #require(
        try Inspection(of: core, options: options).needs?.first { $0.path == path })
    }
  }

  @Test(
    "is likely the one by its first page where nothing speaks against it, and named as in doubt")
  func isLikely() throws {
    let victim = try Case()
    let (module, report) = try victim.module(of: victim.cut)
    #expect(module.verdict.verification == .headerPage, "\(module.verdict)")
    #expect(module.verdict.verification.certainty == .likely)
    #expect(module.verdict.remark.contains("agree with it"))
    #expect(report.description.contains("known by its first page"), "\(report)")
    let need = try victim.need(of: victim.cut)
    #expect(need.isHere && need.verdict == module.verdict)
  }

  @Test(
    "is no other build that begins with the same page, whenever that took its place",
    arguments: [false, true])
  func isReplaced(isEarly: Bool) throws {
    let victim = try Case(early: isEarly ? \.other : nil)
    if !isEarly { try victim.put(victim.other) }
    let begins = try [victim.same, victim.other].map {
      try ReferenceSource.contents(of: $0).prefix(4096)
    }
    #expect(begins[0] == begins[1])
    // A copy's time tells nothing of the library's.
    let cut = try victim.cut
    let (module, report) = try victim.module(of: cut)
    #expect(module.verdict.verification == .core)
    #expect(module.verdict.remark.hasPrefix("another build: "), "\(module.verdict)")
    #expect(report.description.contains("\(victim.library): another build: "), "\(report)")
    let need = try victim.need(of: cut)
    #expect(!need.isHere && need.verdict == module.verdict)
    // Nor does a whole core get its bytes.
    var options = RepairOptions()
    options.withFiles = .all
    let completed = try Repair(of: victim.core.path, options: options).report
    let path = Array(victim.library.string.utf8)
    #expect(!completed.rebuilt.contains { $0.path == path && $0.source == .mappedFile })
  }

  @Test("that took its own place while the process ran is not used, where hardly anything agrees")
  func isDeleted() throws {
    let victim = try Case(early: \.same)
    let (module, _) = try victim.module(of: victim.cut)
    #expect(module.verdict.verification == .core)
    #expect(module.verdict.remark.hasPrefix("deleted: "), "\(module.verdict)")
  }

  @Test("that was written to since the core was is not used")
  func isLater() throws {
    let victim = try Case()
    // In its own folder: the file's time counts here.
    let cut = try victim.cut
    try Tool("touch", ["-d", "now + 1 minute", victim.library.string]).runSuccessfully()
    let (module, _) = try victim.module(of: cut)
    #expect(module.verdict == ModuleVerdict(.core, "written to since the core was"))
  }

  @Test(
    "of whose first page a part survived is known by no more than its layout",
    arguments: [600, 2048, 4095])
  func isPart(size: UInt64) throws {
    let victim = try Case()
    let (module, report) = try victim.module(of: victim.core.cut(at: victim.page + size))
    let verdict = module.verdict
    #expect([.layout, .evidence, .core].contains(verdict.verification), "\(verdict)")
    #expect(verdict.remark.contains("a part of its header page in the core is lost"), "\(verdict)")
    #expect(!report.description.contains("verified file"), "\(report)")
    #expect(verdict.doubt(of: 1) != nil)
  }
}
