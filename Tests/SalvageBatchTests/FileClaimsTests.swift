import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import CoreIO
@testable import SalvageBatch

/// The files by which batches tell each other who makes what.
@Suite("the claims of a batch")
struct FileClaimsTests {
  /// What a process has left that was killed: its own file, and a claim that is another name of it.
  private func leavings(in folder: ScratchFolder) throws -> (owner: FilePath, claim: FilePath) {
    // It has ended and was waited for.
    let process = try RunningTool(Tool("true"))
    let id = process.processID
    _ = try process.finish()
    var mark = ProcessMark.own
    mark.process = id
    let owner = try folder.write(Array(mark.text.utf8), to: ".coresalvage-owner-0123456789abcdef")
    let claim = folder.file(".x.core.coresalvage-claim")
    #expect(link(owner.string, claim.string) == 0)
    return (owner, claim)
  }

  @Test(
    "of a killed process go, though another that cleans up holds the lock of one of them for a moment"
  )
  func lockedLeavings() throws {
    let folder = try ScratchFolder()
    let (owner, claim) = try leavings(in: folder)
    let other = try FileDescriptor.open(claim, .readOnly)
    defer { try? other.close() }
    #expect(flock(other.rawValue, LOCK_EX) == 0)
    let file = other.rawValue
    let holder = Thread {
      usleep(60_000)
      flock(file, LOCK_UN)
    }
    let claims = try FileClaims(in: folder.path)
    claims.clean(folder.path)
    holder.join()
    #expect(!FileTree.exists(owner) && !FileTree.exists(claim))
    #expect(try folder.names().count == 1)
  }

  @Test("that were taken over from a killed process are a reason to look for its files at the end")
  func takenOver() throws {
    let folder = try ScratchFolder()
    let home = try folder.makeFolder("home")
    let claims = try FileClaims(in: home)
    // Nothing of it was there when the folder was begun.
    claims.clean(folder.path)
    _ = try leavings(in: folder)
    let unwritten = try folder.write([1], to: ".y.core.coresalvage-01234567")
    let claim = try #require(try claims.take(folder.file("x.core")))
    #expect(FileTree.exists(unwritten))
    claims.release(claim)
    claims.cleanShared(and: home)
    #expect(try folder.names() == ["home"])
  }

  @Test("that somebody else has are not taken away by a signal that ends this process")
  func othersClaim() throws {
    let folder = try ScratchFolder()
    let output = folder.file("x.core")
    let path = folder.file(".x.core.coresalvage-claim")
    let first = try FileClaims(in: folder.path)
    let second = try FileClaims(in: folder.path)
    let claim = try #require(try first.take(output))
    #expect(Interruption.isWatching(path))
    #expect(try second.take(output) == nil)
    #expect(Interruption.isWatching(path))
    first.release(claim)
    #expect(!Interruption.isWatching(path) && !FileTree.exists(path))
  }

  @Test("leave nothing of their own, and say whose they are from their first moment")
  func own() throws {
    let folder = try ScratchFolder()
    var claims: FileClaims? = try FileClaims(in: folder.path)
    let name = try #require(try folder.names().first)
    let text = try ReferenceSource.contents(of: folder.file(name))
    #expect(ProcessMark(text: text) == ProcessMark.own)
    #expect(Interruption.isWatching(folder.file(name)))
    claims = nil
    _ = claims
    #expect(try folder.names().isEmpty)
  }
}

/// A thread that is waited for.
private final class Thread {
  private var thread = pthread_t()
  private let body: @Sendable () -> Void

  init(_ body: @escaping @Sendable () -> Void) {
    self.body = body
    pthread_create(
      &thread, nil,
      { context in
        if let context { Unmanaged<Thread>.fromOpaque(context).takeUnretainedValue().body() }
        return nil
      }, Unmanaged.passUnretained(self).toOpaque())
  }

  func join() { pthread_join(thread, nil) }
}
