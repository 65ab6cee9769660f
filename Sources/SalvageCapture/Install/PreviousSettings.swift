internal import CoreIO
internal import Glibc
internal import SystemPackage

/// What the settings were before we took them, kept in a file so that whoever comes after us can give them back.
struct PreviousSettings: Hashable, Sendable {
  /// The user's.
  var previous: DumpSettings
  /// Ours. Only as long as these are set may anything be given back.
  var ours: DumpSettings
  /// The process that took them, and without which nobody listens.
  var owner: Owner

  struct Owner: Hashable, Sendable {
    var process: Int32
    var start: UInt64

    static var own: Owner {
      Owner(process: ProcessMark.own.process, start: ProcessMark.own.start)
    }

    /// Nobody: the kernel itself starts what handles crashes, and only uninstalling ends that.
    static let lasting = Owner(process: 0, start: 0)

    var isAlive: Bool {
      let own = ProcessMark.own
      let mark = ProcessMark(
        host: own.host, boot: own.boot, namespace: own.namespace, process: process, start: start)
      return mark.life != .gone
    }
  }

  static let fileName: FilePath.Component = "previous-settings"
  private static let title = "coresalvage previous settings 1"

  var text: [UInt8] {
    Array("\(Self.title)\nowner \(owner.process) \(owner.start)\n".utf8)
      + Self.lines("previous", previous) + Self.lines("ours", ours)
  }

  private static func lines(_ name: String, _ settings: DumpSettings) -> [UInt8] {
    Array("\(name) \(settings.pipeLimit) ".utf8) + settings.pattern + [UInt8(ascii: "\n")]
  }

  /// nil for what is no such file, or not all of one.
  init?(text: [UInt8]) {
    let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    guard lines.count == 5, lines[4].isEmpty, lines[0].elementsEqual(Self.title.utf8) else {
      return nil
    }
    let words = lines[1...3].map { line in
      line.split(
        separator: UInt8(ascii: " "), maxSplits: 2, omittingEmptySubsequences: false)
    }
    func number<Number: FixedWidthInteger>(_ word: ArraySlice<UInt8>) -> Number? {
      Number(String(decoding: word, as: UTF8.self))
    }
    guard words.allSatisfy({ $0.count == 3 }),
      zip(words, ["owner", "previous", "ours"]).allSatisfy({ $0[0].elementsEqual($1.utf8) }),
      let process: Int32 = number(words[0][1]), let start: UInt64 = number(words[0][2]),
      let previousLimit: UInt32 = number(words[1][1]), let ourLimit: UInt32 = number(words[2][1])
    else { return nil }
    owner = Owner(process: process, start: start)
    previous = DumpSettings(pattern: Array(words[1][2]), pipeLimit: previousLimit)
    ours = DumpSettings(pattern: Array(words[2][2]), pipeLimit: ourLimit)
  }

  init(previous: DumpSettings, ours: DumpSettings, owner: Owner) {
    self.previous = previous
    self.ours = ours
    self.owner = owner
  }

  // MARK: Its file

  init?(in folder: FilePath) {
    guard let text = SmallFile.bytes(of: folder.appending(Self.fileName)) else { return nil }
    self.init(text: text)
  }

  func save(in folder: FilePath) throws(SalvageError) {
    let file = try OutputFile(
      folder.appending(Self.fileName), sparing: InputSet(), replacing: true)
    try file.write(text, at: 0)
    // It is no secret, and `status` asks for it as anybody.
    _ = fchmod(file.descriptor.rawValue, 0o644)
    try file.publish()
  }

  static func forget(in folder: FilePath) {
    _ = unsafe folder.appending(fileName).withPlatformString { unsafe unlink($0) }
  }
}
