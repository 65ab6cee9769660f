import Glibc
import Salvage
import SystemPackage
import TestSupport

/// A folder full of files of every kind, and what each core in it gives when it is repaired alone.
final class BatchCrowd {
  let folder: ScratchFolder
  var input: FilePath { folder.file("in") }
  /// Path below the input, and the bytes that its repair alone has.
  private(set) var due: [String: [UInt8]] = [:]
  private(set) var whole: Set<String> = []
  private(set) var hopeless: Set<String> = []
  /// Files that are no cores.
  private(set) var others = 0
  /// Streams of which not a byte comes out, and files without one.
  private(set) var unread = 0
  private(set) var empty = 0
  private(set) var specials = 0

  /// - Parameter cuts: how many cut cores there are, about.
  init(cuts: Int, seed: UInt64 = 6) throws {
    folder = try ScratchFolder(in: .memory)
    var random = SeededGenerator(seed: seed)
    try makeFolders()
    let cores = try Self.cores()
    for number in 0..<cuts {
      let core = cores[number % cores.count]
      let length = Int.random(in: 64...core.count, using: &random)
      let name = Self.name(number)
      try write(Array(core[..<length]), to: name)
    }
    try writePacked(cores)
    try writeFixtures()
    for (number, core) in cores.enumerated() {
      try write(core, to: "whole-\(number)")
      try write(core, to: "below/deeper/whole-\(number).core")
    }
    for number in 0..<40 {
      try write(Array("a line of text \(number)\n".utf8), to: "text-\(number).core", isCore: false)
    }
    try write([], to: "nothing", isCore: false)
    try write(try ReferenceSource.contents(of: "/bin/true"), to: "program", isCore: false)
    try makeSpecials()
  }

  private static func cores() throws -> [[UInt8]] {
    var cores = [
      CoreBuilder.typical().build().bytes,
      CoreBuilder.typical(.x86_64, threads: 9).build().bytes,
      CoreBuilder.typical(.x86_64, layout: .gcore).build().bytes,
    ]
    let folder = try ScratchFolder()
    for name in ["clock-32.whole.core", "clock-static.whole.core"] {
      let path = try SampleCores.fixture(name, into: folder)
      cores.append(try ReferenceSource.contents(of: path))
    }
    return cores
  }

  /// Names that a shell, a terminal or a careless program trips over.
  private static func name(_ number: Int) -> String {
    switch number % 8 {
    case 0: "core.\(number)"
    case 1: "below/core.\(number)"
    case 2: "with space \(number)"
    case 3: "new\nline \(number)"
    case 4: "below/deeper/\u{1b}[31mred \(number)"
    case 5: "-\(number)"
    case 6: "naïve ‮ \(number).core"
    default: "below/'\"$(\(number))"
    }
  }

  private func makeFolders() throws {
    for name in ["in", "in/below", "in/below/deeper", "in/empty"] {
      _ = try folder.makeFolder(name)
    }
  }

  /// Packed cores, whole and cut, and streams that are cut themselves.
  private func writePacked(_ cores: [[UInt8]]) throws {
    try Need.tool("zstd").require()
    try Need.tool("lz4").require()
    for number in 0..<40 {
      let core = cores[number % cores.count]
      let plain = try folder.write(
        Array(core[..<(core.count - number * 400)]), to: "plain")
      let (tool, ending) = number % 2 == 0 ? ("zstd", "zst") : ("lz4", "lz4")
      let packed = folder.file("packed")
      try Tool(tool, ["-q", "-f", plain.string] + (tool == "lz4" ? [] : ["-o"]) + [packed.string])
        .runSuccessfully()
      let stream = try ReferenceSource.contents(of: packed)
      try write(
        number % 5 == 4 ? Array(stream.dropLast(200)) : stream,
        to: "below/packed \(number).\(ending)", output: "below/packed \(number)")
      FileTree.remove(plain)
      FileTree.remove(packed)
    }
  }

  /// Real cores, cut by what cuts cores.
  private func writeFixtures() throws {
    let unpacked = try ScratchFolder()
    let names = [
      "bakery.rlimit-notes", "bakery.rlimit-last-note", "bakery.full-disk-notes",
      "bakery.fsize-table", "bakery.sorted-memory", "clock-32.rlimit-notes",
      "clock-32.fsize-libraries", "clock-static.rlimit-notes", "clock-static.rlimit-main-stack",
      "clock-static.gcore-notes", "quilt.rlimit-table",
    ]
    for name in names {
      let path = try SampleCores.fixture(name + ".core", into: unpacked)
      try write(ReferenceSource.contents(of: path), to: "below/\(name).core")
    }
  }

  /// Writes a file, and finds out what it gives alone.
  private func write(
    _ bytes: [UInt8], to name: String, isCore: Bool = true, output: String? = nil
  ) throws {
    let path = try folder.write(bytes, to: "in/" + name)
    guard isCore else {
      if bytes.isEmpty { empty += 1 } else { others += 1 }
      return
    }
    let output = output ?? name
    let alone = folder.file("alone")
    do {
      let repair = try Repair(of: path)
      guard !repair.report.isWhole else {
        whole.insert(output)
        return
      }
      try repair.write(to: alone)
    } catch {
      switch error.kind {
      case .notACore: others += 1
      // Of a stream that is cut early nothing may come out.
      case .nothingUnpacked: unread += 1
      default: hopeless.insert(output)
      }
      return
    }
    due[output] = try ReferenceSource.contents(of: alone)
    FileTree.remove(alone)
  }

  private func makeSpecials() throws {
    mkfifo(input.appending("fifo").string, 0o600)
    mkfifo(input.appending("below/fifo.core").string, 0o600)
    symlink(".", input.appending("loop").string)
    symlink("..", input.appending("below/up").string)
    symlink("core.0", input.appending("link.core").string)
    symlink("/nowhere", input.appending("dangling").string)
    try Tool(
      "python3",
      [
        "-c", "import socket,sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])",
        input.appending("socket").string,
      ]
    ).runSuccessfully()
    specials = 7
  }

  /// How many files there are in it.
  var fileCount: Int {
    due.count + whole.count + hopeless.count + others + unread + empty + specials
  }

  /// What is wrong with an output folder: an output that is missing, another one, one that is not what its core gives alone,
  /// or anything left behind.
  func problems(of output: FilePath) throws -> [String] {
    var problems: [String] = []
    var found: Set<String> = []
    for name in FileTree.exists(output) ? try Self.files(below: output) : [] {
      guard let due = due[name] else {
        problems.append("\(name) should not be there")
        continue
      }
      found.insert(name)
      let bytes = try ReferenceSource.contents(of: output.appending(name))
      if bytes != due { problems.append("\(name) is not what its core gives alone") }
    }
    problems += due.keys.filter { !found.contains($0) }.map { "\($0) is missing" }
    return problems
  }

  /// The paths of all that is no folder below one.
  static func files(below folder: FilePath) throws -> [String] {
    try FileTree.names(in: folder).flatMap { name in
      var status = stat()
      let path = folder.appending(name)
      guard lstat(path.string, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
        return [name]
      }
      return try files(below: path).map { "\(name)/\($0)" }
    }
  }
}

/// What `coresalvage batch --json` printed.
struct BatchOutput {
  let lines: [ParsedJSON]

  init(_ result: ToolResult) throws {
    lines = try result.text.split(separator: "\n").map { try ParsedJSON(String($0)) }
  }

  var summary: ParsedJSON? { lines.last.flatMap { $0["event"]?.string == "summary" ? $0 : nil } }

  func count(_ outcome: String) -> Int? { summary?["counts"]?[outcome]?.number.map { Int($0) } }

  func records(_ outcome: String) -> [ParsedJSON] {
    lines.filter { $0["event"]?.string == "file" && $0["outcome"]?.string == outcome }
  }
}
