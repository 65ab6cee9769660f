import Salvage
import SystemPackage
import TestSupport
import Testing

@Suite("the README")
struct ReadmeTests {
  private static func text(_ path: FilePath) throws -> String {
    String(decoding: try ReferenceSource.contents(of: path), as: UTF8.self)
  }

  @Test(
    "shows the library in examples that compile, word for word",
    arguments: ["ReadmeRepair", "ReadmeBatch"])
  func examples(name: String) throws {
    let readme = try Self.text(Tool.packageRoot.appending("docs/library.md"))
    let example = try Self.text(Tool.packageRoot.appending("Tests/SalvageTextTests/\(name).swift"))
    #expect(example.split(separator: "\n").count < 20)
    #expect(readme.contains("```swift\n\(example)```\n"))
  }

  @Test("is short, leads to what is there, and has a small picture")
  func short() throws {
    let readme = try Self.text(Tool.packageRoot.appending("README.md"))
    #expect(readme.split(separator: "\n", omittingEmptySubsequences: false).count <= 151)
    // The package of this version.
    #expect(readme.contains("apt install ./coresalvage_\(SalvageVersion.current)-1_amd64.deb"))
    for link in readme.split(separator: "](").dropFirst() {
      let target = String(link.prefix { $0 != ")" })
      guard !target.hasPrefix("http") else { continue }
      #expect(FileTree.exists(Tool.packageRoot.appending(target)), "\(target)")
    }
    #expect(try FileTree.size(Tool.packageRoot.appending("docs/page.png")) < 100_000)
  }

  @Test("shows examples that do what they say")
  func isTrue() throws {
    let folder = try ScratchFolder()
    let core = CoreBuilder.typical().build()
    let cores = try folder.makeFolder("cores")
    let input = try folder.write(core.cut(to: 30_000), to: "cores/in.core")

    repairCore(input.string, to: folder.file("out.core").string)
    #expect(try Inspection(of: folder.file("out.core")).isRepaired)

    #expect(try repairAll(in: cores.string, into: folder.file("all").string))
    #expect(try Inspection(of: folder.file("all").appending("in.core")).isRepaired)
  }
}
