import Glibc
import SystemPackage
import TestSupport

/// What the commands of a case said and left behind, in a folder of its own.
///
/// Nothing of this machine gets into it: paths are relative, the folder holds what `Fixtures/` has and nothing else, and what
/// changes from one machine or version to the next has a word in its place.
///
/// ```
/// $ coresalvage check a.core        a command
/// | a.core: whole, 507 kB           a line of its standard output
/// ! coresalvage: …                  a line of its standard error
/// \ more                            the rest of a line that is too long to be read
/// = 0                               its exit status, or something else about it or a file
/// ```
final class GoldenTranscript {
  private static let lineLength = 160
  /// Of longer outputs only the beginning is kept, and the digest of all.
  private static let longest = 64_000
  private static let beginning = 4_000
  /// Before every core, so that no module is newer than a core.
  private static let time = timeval(tv_sec: 1_000_000_000, tv_usec: 0)

  private(set) var text = ""
  private let folder: ScratchFolder
  private let version: String

  init() throws {
    folder = try ScratchFolder(in: .memory)
    version = try Tool.coresalvage("--version").runSuccessfully().text
      .split(separator: "\n").joined()
  }

  // MARK: Files

  /// Lays out the programs that the cores are of, as `machine/srv/demo`, where they ran.
  func addMachine() throws {
    _ = try folder.makeFolder("bin")
    for name in try FileTree.names(in: SampleCores.fixtures.appending("bin")) {
      try addFixture("bin/" + (name.hasSuffix(".xz") ? String(name.dropLast(3)) : name))
    }
    for name in ["machine", "machine/srv"] { _ = try folder.makeFolder(name) }
    try rename("bin", to: "machine/srv/demo")
  }

  func addFixture(_ name: String) throws {
    pin(try SampleCores.fixture(name, into: folder))
  }

  func addFolder(_ name: String) throws { _ = try folder.makeFolder(name) }

  func add(_ bytes: [UInt8], as name: String) throws { pin(try folder.write(bytes, to: name)) }

  func copy(_ name: String, to target: String) throws {
    try SparseCopy.copy(folder.file(name), to: folder.file(target))
    pin(folder.file(target))
  }

  func rename(_ name: String, to target: String) throws {
    guard Glibc.rename(folder.file(name).string, folder.file(target).string) == 0 else {
      throw ReferenceError("rename \(name): \(errno)")
    }
  }

  func bytes(of name: String) throws -> [UInt8] {
    try ReferenceSource.contents(of: folder.file(name))
  }

  private func pin(_ path: FilePath) {
    utimes(path.string, [Self.time, Self.time])
  }

  // MARK: What is written down

  /// Runs the command in the folder.
  /// - Parameter input: a file of the folder for standard input.
  /// - Parameter output: a file of the folder for standard output, which is then not written down.
  /// - Parameter files: what the names of files begin with that are told of in no order.
  func run(
    _ arguments: [String], input: String? = nil, output: String? = nil,
    unordered files: String? = nil
  ) throws {
    var tool = Tool.coresalvage(arguments)
    tool.folder = folder.path
    // No journalctl is found, which this machine's journal could be asked with.
    tool.environment = [
      "TZ": "UTC", "COLUMNS": nil, "NO_COLOR": nil, "TMPDIR": folder.path.string,
      "PATH": folder.path.string,
    ]
    if let input { tool.input = .file(folder.file(input)) }
    if let output { tool.output = .file(folder.file(output)) }
    let result = try tool.run()
    let streams = [input.map { " <" + $0 }, output.map { " >" + $0 }].compactMap(\.self).joined()
    text += (["$ coresalvage"] + arguments).joined(separator: " ") + streams + "\n"
    try add(result.output, after: "|", unordered: files)
    try add(result.errorOutput, after: "!", unordered: files)
    switch result.ending {
    case .exit(let status): text += "= \(status)\n"
    case .signal(let number, _): text += "= signal \(number)\n"
    }
  }

  /// Writes down a file that is text.
  func show(_ name: String, unordered files: String? = nil) throws {
    text += "$ cat \(name)\n"
    try add(bytes(of: name), after: "|", unordered: files)
  }

  /// Writes down what files hold, as digests.
  func digest(_ names: String...) throws {
    for name in names {
      let path = folder.file(name)
      text += "= \(name): \(FileTree.exists(path) ? try PageDigest.line(of: path) : "absent")\n"
    }
  }

  /// Writes down what is in a folder, and all digests.
  func list(_ name: String) throws {
    for path in try BatchCrowd.files(below: folder.file(name)).sorted() {
      try digest("\(name)/\(path)")
    }
  }

  private func add(_ output: [UInt8], after mark: Character, unordered files: String? = nil) throws
  {
    let isLong = output.count > Self.longest
    let shown = String(
      decoding: isLong ? output.prefix(Self.beginning) : output[...], as: UTF8.self)
    var lines = steady(shown).split(separator: "\n", omittingEmptySubsequences: false)
    let endsInLine = lines.last?.isEmpty == true
    if endsInLine { lines.removeLast() }
    if let files { lines = Self.sorted(lines, by: files) }
    for line in lines {
      for (index, piece) in Self.pieces(of: line).enumerated() {
        text += "\(index == 0 ? mark : "\\")\(piece.isEmpty ? "" : " ")\(piece)\n"
      }
    }
    if isLong {
      text += "= \(output.count) bytes in all, sha256 \(try PageDigest.sha256(output))\n"
    } else if !endsInLine, !output.isEmpty {
      text += "= no newline at the end\n"
    }
  }

  /// Words for what another machine or version has otherwise.
  private func steady(_ text: String) -> String {
    text.replacing(version, with: "coresalvage VERSION")
      .replacing(folder.path.string, with: "FOLDER")
      .replacing(/"free":[0-9]+/, with: "\"free\":FREE")
      .replacing(/where [0-9.]+ [A-Za-z]+ are free/, with: "where FREE are free")
  }

  /// Puts lines that tell of one of the files in order; the others stay.
  private static func sorted(_ lines: [Substring], by files: String) -> [Substring] {
    let places = lines.indices.filter { lines[$0].contains(files) }
    var result = lines
    for (place, line) in zip(places, places.map { lines[$0] }.sorted()) { result[place] = line }
    return result
  }

  /// Long lines, as those of JSON are, in pieces that a diff can show.
  private static func pieces(of line: Substring) -> [Substring] {
    var pieces: [Substring] = []
    var rest = line
    while rest.utf8.count > lineLength {
      let head = rest.prefix(lineLength)
      let end = head.lastIndex { ",>;".contains($0) }.map { head.index(after: $0) } ?? head.endIndex
      pieces.append(rest[..<end])
      rest = rest[end...]
    }
    return pieces + [rest]
  }
}
