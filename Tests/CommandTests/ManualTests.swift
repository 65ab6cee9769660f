import SystemPackage
import Testing
import TestSupport

/// The manual held against what the command itself says of its options.
@Suite("the manual")
struct ManualTests {
  private static let folder = Tool.packageRoot.appending("man")

  private static func page(_ name: String) throws -> [String] {
    let bytes = try ReferenceSource.contents(of: folder.appending(name))
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  /// The page of each command; what stands below a command is in its page too.
  private static let pages = [
    "repair": "coresalvage.1", "undo": "coresalvage.1",
    "batch": "coresalvage-batch.1", "slim": "coresalvage-slim.1",
    "inspect": "coresalvage-inspect.1", "check": "coresalvage-inspect.1",
    "note": "coresalvage-inspect.1", "cat": "coresalvage-inspect.1",
    "archive": "coresalvage-archive.1", "restore": "coresalvage-archive.1",
    "verify": "coresalvage-archive.1", "bundle": "coresalvage-archive.1",
    "capture": "coresalvage-capture.8",
  ]

  private static let all =
    Set(pages.values).sorted() + [
      "coresalvage-format.5", "coresalvage-cores.7", "coresalvage-tools.7",
    ]

  /// The options of each `.Ss` of a page, by the words of its `.It Fl` lines: names as typed, without the first dash. The
  /// page of a single command has them in `OPTIONS`, which is here under the command's name.
  private static func documented(in name: String) throws -> [String: Set<String>] {
    var options: [String: Set<String>] = [:]
    var section = ""
    for line in try page(name) {
      if line.hasPrefix(".Sh ") { section = "" }
      if line == ".Sh OPTIONS" {
        section = String(name.dropFirst("coresalvage-".count).dropLast(2))
      }
      if line.hasPrefix(".Ss ") { section = String(line.dropFirst(4)) }
      guard !section.isEmpty else { continue }
      if options[section] == nil { options[section] = [] }
      guard line.hasPrefix(".It Fl ") else { continue }
      let words = line.split(separator: " ")
      for (word, next) in zip(words, words.dropFirst()) where word == "Fl" {
        options[section, default: []].insert(String(next))
      }
    }
    return options
  }

  private static func dump() throws -> ParsedJSON {
    let text = try Tool.coresalvage("--experimental-dump-help").runSuccessfully().text
    return try #require(try ParsedJSON(text)["command"])
  }

  /// The names of a command's options, as `documented` has them.
  private static func names(_ command: ParsedJSON) -> Set<String> {
    var found: Set<String> = []
    for argument in command["arguments"]?.array ?? [] where argument["shouldDisplay"]?.bool != false
    {
      for name in argument["names"]?.array ?? [] {
        guard let text = name["name"]?.string else { continue }
        found.insert(name["kind"]?.string == "long" ? "-\(text)" : text)
      }
    }
    return found
  }

  @Test("lists the options of every command in the command's page, and no others")
  func options() throws {
    let root = try Self.dump()
    let common = Self.names(root)
    #expect(common == (try Self.documented(in: "coresalvage.1"))["Options of every command"])
    let commands = try #require(root["subcommands"]?.array)
    #expect(!commands.isEmpty)
    for command in commands {
      let name = try #require(command["commandName"]?.string)
      guard name != "help" else { continue }
      let page = try #require(Self.pages[name], "no page of \(name)")
      try check(command, "", Self.documented(in: page), common)
    }
  }

  /// A command that has others below it has a section for each of those.
  private func check(
    _ command: ParsedJSON, _ parents: String, _ documented: [String: Set<String>],
    _ common: Set<String>
  ) throws {
    let name = try parents + #require(command["commandName"]?.string)
    guard name != "help", command["shouldDisplay"]?.bool != false else { return }
    let names = Self.names(command).subtracting(common)
    let below = command["subcommands"]?.array ?? []
    // The page of a command that is nothing without one below it begins with what is true of them all.
    if below.isEmpty || documented[name] != nil {
      var told = documented[name]
      // What keeps cores has all options of a store, which are told in one place.
      if let ofStore = documented["The store"], names.isSuperset(of: ofStore) {
        told?.formUnion(ofStore)
      }
      told?.formUnion(try Self.shared().keys.filter(names.contains))
      #expect(names == told, "options of \(name)")
    }
    for command in below { try check(command, name + " ", documented, common) }
  }

  /// The options of several commands, each with the commands that have it, as the table has them.
  private static func shared() throws -> [String: Set<String>] {
    let page = try page("coresalvage.1")
    let start = try #require(page.firstIndex(of: ".Ss Options of several commands"))
    let section = page[(start + 1)...].prefix { !$0.hasPrefix(".S") }
    var found: [String: Set<String>] = [:]
    for (line, next) in zip(section, section.dropFirst()) where line.hasPrefix(".It Fl ") {
      let names = line.split(separator: " ")
      let commands = next.dropFirst(".Em ".count).split { ",.".contains($0) }.map {
        String($0.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
      }
      for (word, name) in zip(names, names.dropFirst()) where word == "Fl" {
        found[String(name)] = Set(commands.filter { !$0.isEmpty })
      }
    }
    return found
  }

  @Test("has a table of the options of several commands, with all commands that have each")
  func table() throws {
    let shared = try Self.shared()
    #expect(shared.count > 12)
    var owners: [String: Set<String>] = [:]
    func collect(_ command: ParsedJSON, _ parents: String) throws {
      let name = try parents + #require(command["commandName"]?.string)
      guard command["shouldDisplay"]?.bool != false else { return }
      for option in Self.names(command) { owners[option, default: []].insert(name) }
      for below in command["subcommands"]?.array ?? [] { try collect(below, name + " ") }
    }
    for command in try #require(try Self.dump()["subcommands"]?.array) { try collect(command, "") }
    for (option, commands) in shared { #expect(owners[option] == commands, "\(option)") }
  }

  @Test("lists the values of every option that has a list of them")
  func values() throws {
    let lines = try Self.all.flatMap(Self.page).filter { $0.hasPrefix(".It Fl ") }
    for command in try #require(try Self.dump()["subcommands"]?.array) {
      for argument in command["arguments"]?.array ?? [] {
        guard let values = argument["allValues"]?.array?.compactMap(\.string),
          let name = argument["preferredName"]?["name"]?.string
        else { continue }
        #expect(
          lines.contains(".It Fl -\(name) Cm \(values.joined(separator: " | "))"),
          "--\(name) \(values)")
      }
    }
  }

  @Test("names every command in the list of coresalvage(1), with its page")
  func commands() throws {
    let page = try Self.page("coresalvage.1")
    let start = try #require(page.firstIndex(of: ".Sh COMMANDS"))
    let end = try #require(page[start...].firstIndex { $0.hasPrefix(".Ss ") })
    for (command, file) in Self.pages {
      let item = try #require(
        page[start..<end].firstIndex {
          $0.hasPrefix(".It Cm ")
            && $0.split { " ,".contains($0) }.dropFirst(2).contains { $0 == command }
        }, "\(command)")
      guard file != "coresalvage.1" else { continue }
      let text = page[(item + 1)..<end].prefix { !$0.hasPrefix(".It ") }
      let reference = ".Xr \(file.dropLast(2)) \(file.suffix(1)) ."
      #expect(text.contains(reference), "\(command): \(reference)")
    }
  }

  @Test("has its first examples on the first screen of coresalvage(1)", .needs(.tool("mandoc")))
  func firstScreen() throws {
    let path = Self.folder.appending("coresalvage.1").string
    let shown = try Tool("mandoc", ["-Tascii", "-Owidth=80", path]).runSuccessfully().lines.prefix(
      30)
    #expect(shown.contains { $0.contains("EXAMPLES") || $0.contains("E\u{8}EX\u{8}X") }, "\(shown)")
    #expect(shown.contains { $0.contains("$ coresalvage in.core out.core") }, "\(shown)")
  }

  @Test("refers to sections and pages that are there", arguments: all)
  func references(name: String) throws {
    let page = try Self.page(name)
    let files = try Set(FileTree.names(in: Self.folder))
    #expect(Set(Self.all) == files.filter { $0.hasPrefix("coresalvage") })
    for line in page {
      let words = line.split(separator: " ").map(String.init)
      if words.count > 2, words[0] == ".Xr", words[1].hasPrefix("coresalvage") {
        #expect(files.contains("\(words[1]).\(words[2])"), "\(line)")
      }
      guard words.first == ".Sx" else { continue }
      let title = words.dropFirst().filter { ![".", ",", ";", ":"].contains($0) }.joined(
        separator: " ")
      #expect(page.contains(".Ss \(title)") || page.contains(".Sh \(title)"), "\(line)")
    }
  }

  @Test("tells every exit status")
  func exitStatuses() throws {
    let page = try Self.page("coresalvage.1")
    let start = try #require(page.firstIndex(of: ".Sh EXIT STATUS"))
    let section = page[(start + 1)...].prefix { !$0.hasPrefix(".Sh ") }
    let statuses = section.compactMap { $0.hasPrefix(".It ") ? $0.split(separator: " ").last : nil }
    for status in ["0", "2", "3", "64", "70"] {
      #expect(statuses.contains { $0 == status }, "\(status) in \(statuses)")
    }
  }

  @Test(
    "is clean under mandoc's lint", .needs(.tool("mandoc")),
    arguments: all)
  func lint(page: String) throws {
    let script = Tool.packageRoot.appending("Scripts/lint-manual.sh")
    let result = try Tool(script.string, [Self.folder.appending(page).string]).run()
    #expect(result.ending == .exit(0) && result.lines.isEmpty, "\(result)")
  }

  @Test("of the format names every note that is written, by its number")
  func formatPage() throws {
    let text = try Self.page("coresalvage-format.5").joined(separator: "\n").lowercased()
    for number in ["0x53414c01", "0x53414c02", "0x53414c05"] { #expect(text.contains(number)) }
    for name in ["lost", "origin", "head"] { #expect(text.contains(name)) }
  }
}
