internal import ArgumentParser
internal import SalvageText

// Values that people write in more than one way. A wrong one is told the form of its kind: see `ValueForm`.

/// A number: decimal, or hexadecimal after `0x`; K, M, G or T behind it stand for powers of 1024.
struct NumberArgument: ExpressibleByArgument {
  let value: UInt64

  init?(argument: String) {
    let isHexadecimal = argument.hasPrefix("0x") || argument.hasPrefix("0X")
    var digits = isHexadecimal ? argument.dropFirst(2) : argument[...]
    let units: [Character: UInt64] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40]
    if digits.lowercased().hasSuffix("ib") { digits = digits.dropLast(2) }
    let unit = digits.last.flatMap { units[Character($0.uppercased())] }
    if unit != nil { digits = digits.dropLast() }
    // `UInt64.init` takes a sign; and `ib` alone is no unit.
    guard digits.first?.isHexDigit ?? false, unit != nil || !argument.lowercased().hasSuffix("ib"),
      let count = UInt64(digits, radix: isHexadecimal ? 16 : 10),
      case (let value, false) = count.multipliedReportingOverflow(by: unit ?? 1)
    else { return nil }
    self.value = value
  }
}

/// A number of bytes.
struct ByteCountArgument: ExpressibleByArgument {
  let bytes: UInt64

  init?(argument: String) {
    guard let number = NumberArgument(argument: argument) else { return nil }
    bytes = number.value
  }
}

/// `OFFSET:LENGTH`, two numbers; several with commas.
struct LostRangeArgument: ExpressibleByArgument {
  let ranges: [Range<UInt64>]

  init?(argument: String) {
    let words = argument.split(separator: ",", omittingEmptySubsequences: false)
    ranges = words.compactMap(Self.range)
    guard ranges.count == words.count else { return nil }
  }

  private static func range(_ word: Substring) -> Range<UInt64>? {
    let parts = word.split(separator: ":", omittingEmptySubsequences: false)
      .compactMap { NumberArgument(argument: String($0))?.value }
    guard parts.count == 2, parts[1] > 0 else { return nil }
    let (end, overflow) = parts[0].addingReportingOverflow(parts[1])
    return overflow ? nil : parts[0]..<end
  }

  private static let option = "--lost-range"

  /// The words of a command line with all ranges in one option: the parser looks at all words once more for each option that
  /// is given again, and a script may name thousands.
  static func joined(_ words: [String]) -> [String] {
    guard words.count(where: { $0.hasPrefix(option) }) > 1 else { return words }
    var result: [String] = []
    var ranges: [String] = []
    var place: Int?
    var position = 0
    while position < words.count, words[position] != "--" {
      let word = words[position]
      let value =
        word == option && position + 1 < words.count
        ? words[position + 1]
        : word.hasPrefix(option + "=") ? String(word.dropFirst(option.count + 1)) : nil
      // What is none is left for the parser to name.
      guard let value, LostRangeArgument(argument: value) != nil else {
        result.append(word)
        position += 1
        continue
      }
      place = place ?? result.count
      ranges.append(value)
      position += word == option ? 2 : 1
    }
    if let place { result.insert(contentsOf: [option, ranges.joined(separator: ",")], at: place) }
    return result + words[position...]
  }
}

/// `keep`, `lost` or `lost:SIZE`.
struct ZeroRunsArgument: ExpressibleByArgument {
  let value: IntakeOptions.ZeroRuns

  init(value: IntakeOptions.ZeroRuns) { self.value = value }

  init?(argument: String) {
    switch argument {
    case "keep": value = .keep
    case "lost": value = .lost(from: IntakeOptions.ZeroRuns.usualSize)
    default:
      guard argument.hasPrefix("lost:"),
        let size = NumberArgument(argument: String(argument.dropFirst(5)))?.value, size > 0
      else { return nil }
      value = .lost(from: size)
    }
  }

  var defaultValueDescription: String { "keep" }
}

/// What a value of a kind looks like, by the name that help has for it.
enum ValueForm {
  private static let words: [String: String] = [
    "n": "a whole number, such as 4",
    "address": "a number, decimal or hexadecimal after 0x: 0x7ffd00001000",
    "length": "a number of bytes, with K, M, G or T of 1024: 4096, 0x1000, 64K",
    "size": "a number of bytes, with K, M, G or T of 1024: 1500000, 64M, 2G",
    "offset:length":
      "two numbers of bytes with a colon, decimal, hexadecimal after 0x, or with K, M, G or T: 0x3000:64K",
    "address:length":
      "an address and a number of bytes with a colon, decimal, hexadecimal after 0x, or with K, M, G or T: 0x7ffd00001000:64K",
    "keep|lost|lost:size":
      "keep, lost, or lost: and a number of bytes, with K, M, G or T of 1024: lost:64K",
    "kinds":
      "one or more of stacks, heap, anonymous, globals, code, shared, files and environment with commas, or all",
    "key=value": "a name, an equals sign and a text: ticket=4711",
    "duration": "a number with s, min, h or d: 90s, 10min, 36h, 14d",
    "time": "as \"2026-11-29 06:27\", 2026-11-29, @SECONDS, today, yesterday, -2h or -30min",
  ]

  /// Kinds of numbers, of which none is below 0.
  static let counts: Set = [
    "n", "address", "length", "size", "offset:length", "address:length",
  ]

  /// Behind the parser's message that a value is none: what one looks like, where nothing tells yet.
  static func explained(_ message: String) -> String {
    guard let (value, place, kind) = parts(of: message), let words = words[kind] else {
      return message
    }
    var reason = "it is \(words)"
    if counts.contains(kind) {
      if value.isEmpty { reason = "nothing stands there; " + reason }
      if value.hasPrefix("-") { reason = "it can't be below 0; " + reason }
      if isTooLarge(value) { reason = "it is too large; " + reason }
    }
    return "The value '\(value)' is invalid for '\(place)': \(reason)"
  }

  /// The same for a number below 0; nil where the value is to be none.
  static func negative(_ message: String) -> String? {
    parts(of: message).flatMap { counts.contains($0.kind) ? explained(message) : nil }
  }

  /// Whether it is a number of digits alone that is more than there is of anything.
  private static func isTooLarge(_ value: Substring) -> Bool {
    let isHexadecimal = value.hasPrefix("0x") || value.hasPrefix("0X")
    var digits = isHexadecimal ? value.dropFirst(2) : value
    while let last = digits.last, "KMGTkmgtiIbB".contains(last), !isHexadecimal {
      digits = digits.dropLast()
    }
    return digits.count > 9
      && digits.allSatisfy { $0.isASCII && (isHexadecimal ? $0.isHexDigit : $0.isNumber) }
  }

  /// The value, the option or operand with the name of its kind, and that name.
  private static func parts(
    of message: String
  ) -> (value: Substring, place: Substring, kind: String)? {
    let first = "The value '"
    let parts = message.dropFirst(first.count)
      .split(separator: "' is invalid for '", maxSplits: 1, omittingEmptySubsequences: false)
    guard message.hasPrefix(first), parts.count == 2, let start = parts[1].firstIndex(of: "<"),
      let end = parts[1].firstIndex(of: ">"), start < end
    else { return nil }
    return (parts[0], parts[1][...end], String(parts[1][parts[1].index(after: start)..<end]))
  }
}
