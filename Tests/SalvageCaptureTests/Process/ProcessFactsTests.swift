import CoreModel
import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import SalvageCapture

@Suite("What /proc tells of a process")
struct ProcessFactsTests {
  private func cgroup(_ text: String) -> CgroupPath? { CgroupPath(file: Array(text.utf8)) }

  @Test("a cgroup is that of version 2, else systemd's")
  func cgroupLine() {
    #expect(cgroup("0::/a:b/c\n")?.path == Array("/a:b/c".utf8))
    #expect(cgroup("9:name=systemd:/s\n4:memory:/m\n0::/\n")?.path == Array("/s".utf8))
    #expect(cgroup("9:name=systemd:/s\n0::/u\n")?.path == Array("/u".utf8))
    #expect(cgroup("0::/\n")?.path == Array("/".utf8))
    #expect(cgroup("4:memory:/m\n::\n0:\n")?.path == nil)
  }

  private static let id = String(repeating: "0123456789abcdef", count: 4)

  @Test(
    "a container is named by 64 digits in its cgroup",
    arguments: [
      "/docker/ID", "/system.slice/docker-ID.scope",
      "/kubepods.slice/kubepods-pod1.slice/cri-containerd-ID.scope",
      "/machine.slice/libpod-ID.scope/container", "/kubepods/besteffort/podx/ID",
      "/system.slice:docker:ID",
      "/docker/ID/init.scope",
    ])
  func containers(_ path: String) {
    let path = CgroupPath(path: Array(path.replacing("ID", with: Self.id).utf8))
    #expect(path.containerID == Self.id)
  }

  @Test(
    "what only looks like a container is none",
    arguments: [
      "/machine.slice/libpod-conmon-ID.scope", "/docker/IDa", "/docker/a", "/", "", "/user.slice",
    ])
  func noContainers(_ path: String) {
    let path = CgroupPath(path: Array(path.replacing("ID", with: Self.id).utf8))
    #expect(path.containerID == nil)
  }

  @Test("a unit is the innermost service or scope, else the innermost slice")
  func units() {
    func unit(_ path: String) -> String? {
      CgroupPath(path: Array(path.utf8)).unit.map { String(decoding: $0, as: UTF8.self) }
    }
    #expect(unit("/system.slice/a.service") == "a.service")
    #expect(unit("/system.slice/a.service/sub/b.slice") == "a.service")
    #expect(unit("/user.slice/user-1.slice/user@1.service/app.slice/f.scope") == "f.scope")
    #expect(unit("/user.slice/user-1.slice") == "user-1.slice")
    #expect(unit("/.service/x") == nil)
    #expect(unit("/init") == nil)
  }

  @Test("mixed ids are seen, and what is no number leaves them out")
  func status() {
    let status = StatusFile(
      Array("Name:\tUid: 1\nTgid:\t7\nNSpid:\t7\t1\nUid:\t1\t0\t0\t0\nGid:\t1\t1\t1\t1\n".utf8))
    #expect(status.userIDs == [1, 0, 0, 0])
    #expect(status.hasMixedIDs)
    #expect(status.isContainedInit)
    #expect(status.processID == 7)
    let broken = StatusFile(Array("Uid:\t1\tx\nGid:\nNSpid:\t99999999999\n".utf8))
    #expect(broken.userIDs.isEmpty && !broken.hasMixedIDs && !broken.isContainedInit)
    #expect(!StatusFile([]).hasMixedIDs)
  }

  @Test("limits keep their names, and unlimited is no number")
  func limits() {
    let text = """
      Limit                     Soft Limit           Hard Limit           Units     \n\
      Max core file size        0                    unlimited            bytes     \n\
      Max nice priority         0                    0                    \n\
      Max broken                x                    0                    \n\
      Max
      """
    #expect(
      LimitsFile.limits(in: Array(text.utf8)) == [
        .init(name: "Max core file size", soft: 0, hard: nil),
        .init(name: "Max nice priority", soft: 0, hard: 0),
      ])
  }

  @Test("a program of other rights is known by its auxiliary vector, in both widths")
  func secure() {
    func bytes(_ words: [UInt64], _ size: Int) -> [UInt8] {
      words.flatMap { word in (0..<size).map { UInt8(truncatingIfNeeded: word >> (8 * UInt64($0))) }
      }
    }
    for size in [4, 8] {
      #expect(ProcessFacts.isSecure(bytes([3, 0x8048034, 23, 1, 0, 0], size)))
      #expect(!ProcessFacts.isSecure(bytes([3, 0x8048034, 23, 0, 25, 0x7000_1000, 0, 0], size)))
    }
    #expect(!ProcessFacts.isSecure([]))
    #expect(!ProcessFacts.isSecure([23]))
  }

  @Test("hostile text of any kind doesn't trap", arguments: 0..<64 as Range<UInt64>)
  func hostile(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let alphabet = Array("0123456789 \t\n:/-.()]Uid:NSpid:max\u{0}".utf8) + [0xff, 0x80]
    for length in [0, 1, 24, 25, 26, 300] {
      let bytes = (0..<length).map { _ in alphabet[Int(random.next() % UInt64(alphabet.count))] }
      _ = StatusFile(bytes)
      _ = LimitsFile.limits(in: bytes)
      _ = CgroupPath(file: bytes).map { ($0.containerID, $0.unit) }
      _ = ProcessFacts.isSecure(bytes)
      _ = SenderFacts.name(bytes)
      _ = SenderFacts.startTime(bytes, asleep: 1, ticksPerSecond: 100)
    }
  }

  @Test("our own facts are right")
  func own() throws {
    var record = CaptureRecord(way: .socket, time: 0, processID: UInt32(getpid()))
    let proc = try FileDescriptor.open("/proc/self", .readOnly)
    try proc.closeAfter { ProcessFacts.fill(&record, from: proc) }
    #expect(record.userID == getuid())
    #expect(record.groupID == getgid())
    #expect(!record.hasChangedCredentials)
    #expect(record.bootID.count == 32)
    #expect(!record.host.isEmpty && !record.name.isEmpty && !record.commandLine.isEmpty)
    #expect(record.program.first == UInt8(ascii: "/"))
    #expect(record.limits.contains { $0.name == "Max core file size" })
    #expect(record.coredumpFilter != nil)
    #expect(record.containedProcessID == nil)
  }
}
