import Testing

@testable import SalvageArchive

/// Names that strangers chose, as places below one folder.
@Suite("a bundle's tree")
struct MemberTreeTests {
  private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  private static func names(_ tree: MemberTree<Int>) -> [String] {
    tree.sorted.map { String(decoding: $0.name, as: UTF8.self) }
  }

  @Test(
    "has no name that leads out of it",
    arguments: [
      ("/usr/lib/x.so", "usr/lib/x.so"), ("/../../etc/passwd", "etc/passwd"),
      ("/a/../../b", "b"), ("//a/./b//", "a/b"), ("relative", "relative"), ("../x", "x"),
      ("/", nil), ("", nil), ("/..", nil), ("/a\0b", nil),
    ])
  func names(path: String, expected: String?) {
    let name = MemberTree<Int>.name(Self.bytes(path))
    #expect(name.map { String(decoding: $0, as: UTF8.self) } == expected)
  }

  @Test("keeps bytes that are no text, and refuses what no file system has")
  func limits() {
    #expect(MemberTree<Int>.name([0x2f, 0xff, 0xfe]) == [0xff, 0xfe])
    #expect(MemberTree<Int>.name([0x2f] + [UInt8](repeating: 0x61, count: 256)) == nil)
    #expect(MemberTree<Int>.name([UInt8](repeating: 0x2f, count: 5000)) == nil)
  }

  @Test("has one thing at a place, and nothing below a file or a link")
  func places() {
    var tree = MemberTree<Int>()
    let added = [
      tree.add(Self.bytes("/a/b"), .file(1)), tree.add(Self.bytes("/a/./b"), .file(2)),
      tree.add(Self.bytes("/a/b/c"), .file(3)), tree.add(Self.bytes("/a"), .file(4)),
      tree.add(Self.bytes("/l"), .link(Self.bytes("a/b"))),
      tree.add(Self.bytes("/l/x"), .file(5)), tree.addFolders(of: Self.bytes("/l/../y")),
    ]
    #expect(added == [true, false, false, false, true, false, false])
    #expect(Self.names(tree) == ["a", "a/b", "l"])
  }

  @Test("has the folders that a name leaves again: /srv/bin/../lib is opened through them")
  func foldersOnTheWay() {
    var tree = MemberTree<Int>()
    let added = [
      tree.addFolders(of: Self.bytes("/srv/bin/../lib/x.so")),
      tree.add(Self.bytes("/srv/bin/../lib/x.so"), .file(1)),
    ]
    #expect(added == [true, true])
    #expect(Self.names(tree) == ["srv", "srv/bin", "srv/lib", "srv/lib/x.so"])
  }

  @Test("links from one place to another without leaving it")
  func links() {
    let target = MemberTree<Int>.relative(
      Self.bytes("usr/lib/x"), from: Self.bytes(".build-id/ab/cd"))
    #expect(String(decoding: target, as: UTF8.self) == "../../usr/lib/x")
    #expect(MemberTree<Int>.relative(Self.bytes("x"), from: Self.bytes("y")) == Self.bytes("x"))
  }
}
