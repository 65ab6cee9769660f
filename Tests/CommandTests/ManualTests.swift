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

  /// The options of each `.Ss`, by the words of its `.It Fl` lines: names as typed, without the first dash.
  private static func documented() throws -> [String: Set<String>] {
    var options: [String: Set<String>] = [:]
    var section = ""
    for line in try page("coresalvage.1") {
      if line.hasPrefix(".Sh ") { section = "" }
      if line.hasPrefix(".Ss ") {
        section = String(line.dropFirst(4))
        options[section] = []
      }
      guard line.hasPrefix(".It Fl "), !section.isEmpty else { continue }
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

  @Test("lists the options of every command, and no others")
  func options() throws {
    let documented = try Self.documented()
    let root = try Self.dump()
    let common = Self.names(root)
    #expect(common == documented["Options of every command"])
    let commands = try #require(root["subcommands"]?.array)
    #expect(!commands.isEmpty)
    for command in commands { try check(command, "", documented, common) }
  }

  /// A command that has others below it has a section for each of those.
  private func check(
    _ command: ParsedJSON, _ parents: String, _ documented: [String: Set<String>],
    _ common: Set<String>
  ) throws {
    let name = try parents + #require(command["commandName"]?.string)
    guard name != "help", command["shouldDisplay"]?.bool != false else { return }
    let names = Self.names(command).subtracting(common)
    var told = documented[name]
    // What keeps cores has all options of a store, which are told in one place.
    if let ofStore = documented["The store"], names.isSuperset(of: ofStore) {
      told?.formUnion(ofStore)
    }
    #expect(names == told, "options of \(name)")
    for below in command["subcommands"]?.array ?? [] {
      try check(below, name + " ", documented, common)
    }
  }

  @Test("lists the values of every option that has a list of them")
  func values() throws {
    let lines = try Self.page("coresalvage.1").filter { $0.hasPrefix(".It Fl ") }
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
    arguments: ["coresalvage.1", "coresalvage-format.5"])
  func lint(page: String) throws {
    let path = Self.folder.appending(page)
    let result = try Tool("mandoc", ["-Tlint", "-Wwarning", path.string]).run()
    #expect(result.ending == .exit(0) && result.lines.isEmpty, "\(result)")
  }

  @Test("of the format names every note that is written, by its number")
  func formatPage() throws {
    let text = try Self.page("coresalvage-format.5").joined(separator: "\n").lowercased()
    for number in ["0x53414c01", "0x53414c02", "0x53414c05"] { #expect(text.contains(number)) }
    for name in ["lost", "origin", "head"] { #expect(text.contains(name)) }
  }
}
