/// A moment in words, in UTC: `2026-11-29 06:27:31.004212 UTC`.
public struct UTCTime: Hashable, Sendable, CustomStringConvertible {
  /// In microseconds since 1970.
  public let microseconds: UInt64

  /// Any moment from 1970 on, in microseconds since then.
  public init(microseconds: UInt64) { self.microseconds = microseconds }

  /// The date, the time of day with six decimals, and `UTC`.
  public var description: String {
    let seconds = microseconds / 1_000_000
    let (year, month, day) = date
    func two(_ number: UInt64) -> String { Self.padded(number, to: 2) }
    let clock = "\(two(seconds / 3600 % 24)):\(two(seconds / 60 % 60)):\(two(seconds % 60))"
    let fraction = Self.padded(microseconds % 1_000_000, to: 6)
    return "\(Self.padded(year, to: 4))-\(two(month))-\(two(day)) \(clock).\(fraction) UTC"
  }

  /// The date of the Gregorian calendar, counted in years that begin in March, so that the leap day comes last.
  private var date: (year: UInt64, month: UInt64, day: UInt64) {
    // From March 1 of the year 0, in eras of 400 years.
    let days = microseconds / 86_400_000_000 + 719_468
    let ofEra = days % 146_097
    let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
    let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * ofYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    let year = days / 146_097 * 400 + yearOfEra + (month <= 2 ? 1 : 0)
    return (year, month, ofYear - (153 * shifted + 2) / 5 + 1)
  }

  private static func padded(_ number: UInt64, to width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
  }
}
