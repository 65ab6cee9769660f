import CoreIO
import SystemPackage
import TestSupport
import Testing

@testable import SalvageCapture

/// With files in place of the kernel's settings.
@Suite("Taking the kernel's settings, and giving them back")
struct PatternKeeperTests {
  private let folder: ScratchFolder
  private let kernel: FilePath
  private let state: FilePath

  init() throws {
    folder = try ScratchFolder()
    kernel = try folder.makeFolder("kernel")
    state = folder.file("state")
    try set("|/usr/lib/systemd/systemd-coredump %P", 16)
  }

  private func set(_ pattern: String, _ limit: Int) throws {
    try folder.write(Array("\(pattern)\n".utf8), to: "kernel/core_pattern")
    try folder.write(Array("\(limit)\n".utf8), to: "kernel/core_pipe_limit")
  }

  private func settings() throws -> String {
    let settings = try DumpSettings(in: kernel)
    return String(decoding: settings.pattern, as: UTF8.self) + " \(settings.pipeLimit)"
  }

  private func take(_ pattern: String = "@@/run/c.sock") throws -> PatternKeeper {
    try PatternKeeper.take(
      pattern: pattern, pipeLimit: 4, state: state, kernel: kernel, isWatched: false)
  }

  /// Leaves what a daemon leaves that was killed.
  private func leave(previous: String, ours: String) throws {
    try StateFolder.make(state)
    try PreviousSettings(
      previous: .init(pattern: Array(previous.utf8), pipeLimit: 1),
      ours: .init(pattern: Array(ours.utf8), pipeLimit: 4),
      owner: .init(process: 4_194_304, start: 1)
    ).save(in: state)
    try set(ours, 4)
  }

  @Test("what was set is set again, and the limit never becomes lower")
  func giveBack() throws {
    let keeper = try take()
    #expect(try settings() == "@@/run/c.sock 16")
    keeper.giveBack()
    #expect(try settings() == "|/usr/lib/systemd/systemd-coredump %P 16")
    #expect(try FileTree.names(in: state).isEmpty)
    try set("core", 0)
    keeper.giveBack()
    #expect(try settings() == "core 0")
  }

  @Test("a limit of 0 is lifted, for then no process waits, and comes back")
  func limit() throws {
    try set("core", 0)
    let keeper = try take()
    #expect(try settings() == "@@/run/c.sock 4")
    keeper.giveBack()
    #expect(try settings() == "core 0")
  }

  @Test("what a killed one left set is not taken for the user's")
  func left() throws {
    try leave(previous: "mine.%p", ours: "@@/run/c.sock")
    let keeper = try take("@@/run/other.sock")
    keeper.giveBack()
    #expect(try settings() == "mine.%p 1")
  }

  @Test(
    "a pattern of ours of which nothing is remembered becomes the kernel's own",
    arguments: [
      "@@/run/coresalvage/capture.sock", "|/usr/bin/coresalvage capture pipe --store=/x %P",
    ])
  func forgotten(_ pattern: String) throws {
    try set(pattern, 4)
    let keeper = try take()
    keeper.giveBack()
    #expect(try settings() == "core 0")
  }

  @Test("what somebody has set since stays")
  func setSince() throws {
    let keeper = try take()
    try set("/var/cores/%p", 2)
    keeper.giveBack()
    #expect(try settings() == "/var/cores/%p 2")
  }

  @Test(
    "what a killed one left is restored, what a living one has is not, nor what stays until it is uninstalled"
  )
  func restoreLeft() throws {
    try leave(previous: "mine", ours: "@@/run/c.sock")
    #expect(
      try PatternKeeper.restore(state: state, kernel: kernel, owner: nil)?.pattern
        == Array("mine".utf8))
    #expect(try settings() == "mine 1")
    let keeper = try take()
    #expect(try PatternKeeper.restore(state: state, kernel: kernel, owner: nil) == nil)
    keeper.giveBack()
    _ = try PatternKeeper.take(
      pattern: "|/x/coresalvage capture pipe", pipeLimit: 1, state: state, kernel: kernel,
      isWatched: false, isLasting: true)
    #expect(try PatternKeeper.restore(state: state, kernel: kernel, owner: nil) == nil)
    let restored = try PatternKeeper.restore(
      state: state, kernel: kernel, owner: nil, evenIfLasting: true)
    #expect(restored?.pattern == Array("mine".utf8))
  }

  @Test("the watch of an older daemon leaves alone what a newer one has taken")
  func olderWatch() throws {
    let keeper = try take()
    let older = PreviousSettings.Owner(process: 4_194_304, start: 1)
    #expect(try PatternKeeper.restore(state: state, kernel: kernel, owner: older) == nil)
    #expect(try settings() == "@@/run/c.sock 16")
    keeper.giveBack()
  }

  @Test("a pattern that the kernel would cut is refused, and nothing is changed")
  func tooLong() throws {
    #expect(throws: SalvageError.self) { try take("@@/" + String(repeating: "x", count: 125)) }
    #expect(try settings() == "|/usr/lib/systemd/systemd-coredump %P 16")
    try take("@@/" + String(repeating: "x", count: 124)).giveBack()
  }

  @Test("what is remembered is read again byte for byte, and what is damaged not at all")
  func text() throws {
    let kept = PreviousSettings(
      previous: .init(pattern: [0xff, 0x20, 0x20, 0x25], pipeLimit: 0),
      ours: .init(pattern: [], pipeLimit: .max), owner: .own)
    #expect(PreviousSettings(text: kept.text) == kept)
    for end in 0..<kept.text.count {
      #expect(PreviousSettings(text: Array(kept.text[..<end])) == nil)
    }
    for place in kept.text.indices {
      for byte in [0, 10, 32, 45, 57, 255] as [UInt8] {
        var text = kept.text
        text[place] = byte
        _ = PreviousSettings(text: text)
      }
    }
  }
}
