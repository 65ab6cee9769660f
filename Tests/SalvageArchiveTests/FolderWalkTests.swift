import CoreIO
import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import SalvageArchive

/// The one walk through folders, for a batch and for archives.
@Suite("a walk through folders")
struct FolderWalkTests {
  private static let names = ["b/core.lz4", "b/x.core.lz4", "b.core", "c/a/1", "c/b", "z.core.lz4"]

  private func tree() throws -> ScratchFolder {
    let folder = try ScratchFolder()
    for name in ["c", "b", "c/a", "empty"] { _ = try folder.makeFolder(name) }
    for name in Self.names.reversed() { try folder.write([1], to: name) }
    symlink("c", folder.file("a link").string)
    symlink("..", folder.file("c/up").string)
    // What we leave for moments is nobody's.
    try folder.write([1], to: "c/.x.coresalvage-12345678")
    return folder
  }

  private func found(_ walk: FolderWalk) -> (files: [String], others: Int) {
    var walk = walk
    var files: [String] = []
    var others = 0
    while let find = walk.next() {
      switch find {
      case .file(let file): files.append(file.relativePath.string)
      case .other(let kind): others += kind == S_IFLNK ? 1 : 100
      case .failure(let error): Issue.record(error)
      }
    }
    return (files, others)
  }

  @Test("meets every file once, in the order of names or not, and follows no link")
  func files() throws {
    let folder = try tree()
    let named = found(FolderWalk([.init(path: folder.path)], .byName))
    #expect(named.files == ["b/core.lz4", "b/x.core.lz4", "b.core", "c/a/1", "c/b", "z.core.lz4"])
    #expect(named.others == 2)
    let listed = found(FolderWalk([.init(path: folder.path)], .asListed))
    #expect(listed.files.sorted() == named.files.sorted() && listed.others == 2)
    let flat = found(FolderWalk([.init(path: folder.path)], .byName, recursive: false))
    #expect(flat.files == ["b.core", "z.core.lz4"])
  }

  @Test("enters no folder that is to be left out")
  func leftOut() throws {
    let folder = try tree()
    let left = FileIdentity(at: folder.file("c"), followingLinks: false)
    let walk = FolderWalk([.init(path: folder.path)], .byName, leavingOut: left)
    #expect(found(walk).files == ["b/core.lz4", "b/x.core.lz4", "b.core", "z.core.lz4"])
  }

  @Test("for archives finds them by every name that an archive gets here, in order")
  func archives() throws {
    let folder = try tree()
    let found = try Verification.archives(at: folder.path).map { try $0.get() }
    let due = ["b/core.lz4", "b/x.core.lz4", "z.core.lz4"]
    #expect(found == due.map { folder.file($0) })
    for name in ["core", "x", "x.core", "x.core.zst"] {
      let archive = OutputName.archive(of: FilePath("folder").appending(name))
      #expect(OutputName.isArchive(try #require(archive.lastComponent)), "\(archive)")
    }
    let none = Verification.archives(at: folder.file("empty"))
    #expect(throws: SalvageError.self) { try none[0].get() }
  }
}
