import SystemPackage
import Testing
import TestSupport

@Suite("the README")
struct ReadmeTests {
  private static func lines(_ path: FilePath) throws -> [String] {
    let text = String(decoding: try ReferenceSource.contents(of: path), as: UTF8.self)
    return text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  @Test("shows the library in an example that compiles, of some ten lines")
  func example() throws {
    let readme = try Self.lines(Tool.packageRoot.appending("README.md"))
    let start = try #require(readme.firstIndex(of: "```swift"))
    let block = readme[(start + 1)...].prefix { $0 != "```" }
    #expect((5...14).contains(block.count))
    #expect(block.first == "import Salvage")
    let body = block.dropFirst().drop { $0.isEmpty }.map { $0.isEmpty ? "" : "  " + $0 }

    let file = Tool.packageRoot.appending("Tests/SalvageTests/ReadmeExample.swift")
    let compiled = try Self.lines(file)
    #expect(compiled.first == "import Salvage")
    let function = try #require(compiled.firstIndex(of: "func readmeExample() {"))
    #expect(Array(compiled[(function + 1)...].prefix { $0 != "}" }) == body)
  }
}
