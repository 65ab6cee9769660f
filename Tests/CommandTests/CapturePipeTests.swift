import Glibc
import SystemPackage
import TestSupport
import Testing

/// Real crashes, for which the kernel starts a program. It gives the stream on to ours, and keeps a copy of all of it.
@Suite("capture pipe", .serialized, .needs(.root, .kernelCores, .gcc))
struct CapturePipeTests {
  /// `FOLDER` is where the copy goes, and the store is; `COMMAND` is coresalvage.
  private static let handler = """
    #include <fcntl.h>
    #include <signal.h>
    #include <stdio.h>
    #include <sys/wait.h>
    #include <unistd.h>
    static char bytes[1 << 16];
    static void put(int file, ssize_t size) {
      for (ssize_t done = 0; done < size;) {
        ssize_t count = write(file, bytes + done, size - done);
        if (count <= 0) _exit(1);
        done += count;
      }
    }
    int main(int count, char **words) {
      int ends[2], status, isOpen = 1;
      if (count != 2 || pipe2(ends, O_CLOEXEC)) return 64;
      signal(SIGPIPE, SIG_IGN);
      pid_t child = fork();
      if (child == 0) {
        int log = open(FOLDER "/log", O_CREAT | O_WRONLY, 0600);
        dup2(ends[0], 0);
        dup2(log, 1);
        dup2(log, 2);
        execl(COMMAND, COMMAND, "capture", "pipe", "--store", FOLDER "/store", words[1], NULL);
        _exit(127);
      }
      close(ends[0]);
      int copy = open(FOLDER "/copy.new", O_CREAT | O_WRONLY | O_TRUNC, 0600);
      for (ssize_t size; (size = read(0, bytes, sizeof bytes)) > 0;) {
        put(copy, size);
        for (ssize_t done = 0, part; isOpen && done < size; done += part) {
          part = write(ends[1], bytes + done, size - done);
          if (part < 0) isOpen = 0;
        }
      }
      close(ends[1]);
      waitpid(child, &status, 0);
      rename(FOLDER "/copy.new", FOLDER "/copy");
      return status != 0;
    }
    """

  private struct Capture {
    let folder: ScratchFolder
    let victim: CaptureVictim
    let core: FilePath
    let copy: FilePath
  }

  private static func capture(
    megabytes: Int, meanwhile: (CaptureVictim) throws -> Void = { _ in }
  ) throws -> Capture {
    let folder = try ScratchFolder()
    _ = try folder.makeFolder("store")
    let program = try KernelCores.compile(
      "#define _GNU_SOURCE\n" + handler, named: "handler",
      flags: [
        "-DFOLDER=\"\(folder.path)\"", "-DCOMMAND=\"\(Tool.coresalvagePath)\"",
      ], in: folder)
    let victim = try CaptureVictim(megabytes: megabytes, in: folder)
    let settings = ["kernel.core_pattern": "|\(program) %P", "kernel.core_pipe_limit": "16"]
    try KernelSettings.with(settings) {
      victim.crash()
      try meanwhile(victim)
      try victim.wait()
    }
    let isDone = Patience.wait(20) { FileTree.exists(folder.file("copy")) }
    let log = try? ReferenceSource.contents(of: folder.file("log"))
    try #require(isDone, "\(String(decoding: log ?? [], as: UTF8.self))")
    let names = try FileTree.names(in: folder.file("store")).filter { $0.hasSuffix(".core") }
    let name = try #require(names.first, "\(String(decoding: log ?? [], as: UTF8.self))")
    #expect(names.count == 1)
    return Capture(
      folder: folder, victim: victim, core: folder.file("store").appending(name),
      copy: folder.file("copy"))
  }

  @Test("leaves the kernel's own core, byte for byte, but for the entry of the notes")
  func equal() throws {
    let capture = try Self.capture(megabytes: 32)
    let core = try ReferenceCore(contentsOf: capture.core)
    let kernel = try ReferenceCore(contentsOf: capture.copy)
    #expect(core.loads == kernel.loads)
    let comparison = try MemoryComparison(core, kernel)
    #expect(comparison.isEqual && comparison.equalBytes > 48 << 20, "\(comparison)")
    // The header, and the table behind the first entry.
    let size = Int(kernel.tableRange.upperBound)
    let own = try core.source.read(at: 0, count: size)
    let theirs = try kernel.source.read(at: 0, count: size)
    #expect(own[..<64] == theirs[..<64] && own[120...] == theirs[120...])
    let notes = kernel.notes
    #expect(core.notes.count > notes.count)
    for (own, their) in zip(core.notes, notes) {
      #expect(own.owner == their.owner && own.type == their.type)
      #expect(own.descriptor == their.descriptor, "\(own.owner) \(own.type)")
    }
    let place = try #require(kernel.noteSegments.first).fileRange
    let stays = try core.source.read(at: place.lowerBound, count: place.count)
    #expect(stays == (try kernel.source.read(at: place.lowerBound, count: place.count)))
    let check = try Tool.coresalvage("check", capture.core.string).run()
    #expect(check.ending == .exit(0), "\(check)")
  }

  @Test("keeps all memory of a process that is killed meanwhile, of which the kernel's core is cut")
  func killed() throws {
    let capture = try Self.capture(megabytes: 64) { victim in
      let store = victim.folder.appending("store")
      let isBorn = try Patience.wait(10) {
        try FileTree.names(in: store).contains { $0.hasSuffix(".capturing") }
      }
      #expect(isBorn)
      kill(victim.processID, SIGKILL)
    }
    let found = try capture.victim.check(capture.core)
    #expect(found.missing == 0 && found.wrong == 0, "\(found)")
    #expect(throws: ReferenceError.self) { try ReferenceCore(contentsOf: capture.copy) }
    let check = try Tool.coresalvage("check", capture.core.string).run()
    #expect(check.ending == .exit(0), "\(check)")
  }

  @Test(
    "opens a core to the user whose process it was only where the kernel would",
    arguments: [true, false], ["%P", "%P %p %I %i %s %u %g %d %t"])
  func access(isUndumpable: Bool, words: String) throws {
    let folder = try ScratchFolder()
    let store = try folder.makeFolder("store")
    let handler = try folder.write(
      Array("#!/bin/sh\nexec \(Tool.coresalvagePath) capture pipe --store \(store) \"$@\"\n".utf8),
      to: "handler")
    chmod(handler.string, 0o755)
    // Who changes its user is undumpable until it executes another program: it is dumped for root alone.
    let python = """
      import os, resource
      os.setresgid(1000, 1000, 1000)
      os.setresuid(1000, 1000, 1000)
      if \(isUndumpable ? "False" : "True"): os.execv("/bin/sh", ["sh", "-c", "kill -ABRT $$"])
      os.abort()
      """
    let settings = [
      "kernel.core_pattern": "|\(handler) \(words)", "kernel.core_pipe_limit": "16",
      "fs.suid_dumpable": "2",
    ]
    try KernelSettings.with(settings) { _ = try Tool("python3", ["-c", python]).run() }
    let isThere = try Patience.wait(10) {
      try FileTree.names(in: store).contains { $0.hasSuffix(".core") }
    }
    try #require(isThere)
    let name = try #require(try FileTree.names(in: store).first { $0.hasSuffix(".core") })
    var status = stat()
    #expect(stat(store.appending(name).string, &status) == 0)
    // With an ACL the mask stands where the group's bits are.
    #expect(status.st_mode & 0o777 == (isUndumpable ? 0o600 : 0o640), "\(status.st_mode)")
  }
}
