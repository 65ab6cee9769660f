internal import CoreIO
internal import CoreModel
internal import ELFCore

/// The crashes of the last minute that were admitted. Each is a line: its time in microseconds since 1970, and a hash of its
/// program and user.
struct RecentCrashes {
  private struct Crash {
    let time: UInt64
    let program: UInt64
  }

  private var crashes: [Crash] = []

  private static let span: UInt64 = 60_000_000
  private static let most = 4096
  /// No text of ours is longer.
  static let longestText = most * 40

  init() {}

  /// What is no line of ours is left out.
  init(text: [UInt8]) {
    for line in text.split(separator: UInt8(ascii: "\n")).suffix(Self.most) {
      let words = line.split(separator: UInt8(ascii: " "))
        .map { String(decoding: $0, as: UTF8.self) }
      guard words.count == 2, let time = UInt64(words[0]), let program = UInt64(words[1], radix: 16)
      else { continue }
      crashes.append(Crash(time: time, program: program))
    }
  }

  var text: [UInt8] {
    Array(crashes.map { "\($0.time) \(hexadecimal($0.program))\n" }.joined().utf8)
  }

  /// Whether there is room for one more; then it is one of them.
  mutating func admit(_ record: CaptureRecord, _ options: StoreOptions) -> Bool {
    let program = Self.program(of: record)
    // What seems to come later than now is of a clock that was wrong.
    crashes.removeAll { $0.time > record.time || record.time - $0.time >= Self.span }
    if options.perMinute > 0, crashes.count >= options.perMinute { return false }
    if options.perProgram > 0, crashes.count(where: { $0.program == program }) >= options.perProgram
    {
      return false
    }
    if crashes.count >= Self.most { crashes.removeFirst() }
    crashes.append(Crash(time: record.time, program: program))
    return true
  }

  private static func program(of record: CaptureRecord) -> UInt64 {
    let program = record.program.isEmpty ? record.name : record.program
    return Hash.of64((program + [0] + Array("\(record.userID ?? .max)".utf8))[...])
  }
}
