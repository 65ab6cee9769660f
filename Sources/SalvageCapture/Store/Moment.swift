internal import CoreIO
internal import ELFCore

/// A moment as people write it, in UTC: `2026-11-29 06:27:31`, `2026-11-29 06:27`, `2026-11-29`, `@SECONDS` since 1970, `now`,
/// `today`, `yesterday`, `-2h`.
public struct Moment: Hashable, Sendable {
  /// In microseconds since 1970.
  public let microseconds: UInt64

  /// This one.
  public static var now: Moment { Moment(microseconds: WallClock.microseconds) }

  private init(microseconds: UInt64) { self.microseconds = microseconds }

  /// nil for what is none of these.
  ///
  /// `now` is the instant that counts as now; nil for when it is asked.
  public init?(_ text: String, now: Moment? = nil) {
    let day: UInt64 = 86_400
    let seconds = (now ?? .now).microseconds / 1_000_000
    let midnight = seconds - seconds % day
    let found: UInt64?
    switch text {
    case "now": found = seconds
    case "today": found = midnight
    case "yesterday": found = midnight -| day
    default:
      switch text.first {
      case "@": found = Self.number(text.dropFirst())
      case "-": found = Self.span(text.dropFirst()).map { seconds -| $0 }
      default: found = Self.date(text)
      }
    }
    guard let found,
      case (let microseconds, false) = found.multipliedReportingOverflow(by: 1_000_000)
    else { return nil }
    self.microseconds = microseconds
  }

  /// Digits alone: an initializer would take a sign.
  private static func number(_ text: some StringProtocol) -> UInt64? {
    guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return UInt64(text)
  }

  // MARK: A while ago

  private static let units: [Substring: UInt64] = [
    "s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400, "w": 604_800,
  ]

  /// `2h`, `30min`, `1h30min`.
  private static func span(_ text: Substring) -> UInt64? {
    guard !text.isEmpty else { return nil }
    var total: UInt64 = 0
    var rest = text
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      rest = rest.dropFirst(digits.count)
      let unit = rest.prefix { $0.isASCII && $0.isLetter }
      rest = rest.dropFirst(unit.count)
      guard let count = number(digits), let scale = units[unit],
        case (let seconds, false) = count.multipliedReportingOverflow(by: scale)
      else { return nil }
      total = total +| seconds
    }
    return total
  }

  // MARK: A date

  private static func date(_ text: String) -> UInt64? {
    let parts = text.split(separator: " ", omittingEmptySubsequences: false)
    guard parts.count <= 2, let date = fields(parts[0], "-", [4, 2, 2]), let days = days(date)
    else { return nil }
    var clock: [UInt64] = [0, 0, 0]
    if parts.count == 2 {
      guard let given = fields(parts[1], ":", [2, 2, 2]) ?? fields(parts[1], ":", [2, 2]) else {
        return nil
      }
      clock = given + (given.count == 2 ? [0] : [])
    }
    guard clock[0] < 24, clock[1] < 60, clock[2] < 60 else { return nil }
    return days * 86_400 + clock[0] * 3600 + clock[1] * 60 + clock[2]
  }

  /// Numbers of so many digits each.
  private static func fields(
    _ text: Substring, _ separator: Character, _ widths: [Int]
  ) -> [UInt64]? {
    let parts = text.split(separator: separator, omittingEmptySubsequences: false)
    guard parts.map(\.utf8.count) == widths else { return nil }
    let numbers = parts.compactMap { number($0) }
    return numbers.count == widths.count ? numbers : nil
  }

  /// Since 1970; nil for a day that no month has.
  private static func days(_ date: [UInt64]) -> UInt64? {
    let (year, month, day) = (date[0], date[1], date[2])
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let lengths: [UInt64] = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    guard year >= 1970, (1...12).contains(month), day >= 1, day <= lengths[Int(month) - 1] else {
      return nil
    }
    let past = year - 1
    let before = past * 365 + past / 4 - past / 100 + past / 400
    let since1970 = before - (1969 * 365 + 1969 / 4 - 1969 / 100 + 1969 / 400)
    return since1970 + lengths[..<(Int(month) - 1)].reduce(0, +) + day - 1
  }
}
