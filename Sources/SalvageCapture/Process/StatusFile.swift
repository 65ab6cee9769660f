/// What /proc/PID/status tells, as far as we ask. A line that is missing or no number leaves its member out.
struct StatusFile: Hashable, Sendable {
  /// Real, effective, saved and file system ids.
  private(set) var userIDs: [UInt32] = []
  private(set) var groupIDs: [UInt32] = []
  /// The process that the task belongs to, in our pid namespace.
  private(set) var processID: UInt32?
  /// Its ids from our pid namespace inwards.
  private(set) var nestedIDs: [UInt32] = []

  init(_ bytes: [UInt8]) {
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      let words = line.split { $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: " ") }
      guard let title = words.first else { continue }
      switch String(decoding: title, as: UTF8.self) {
      case "Uid:": userIDs = Self.numbers(words.dropFirst())
      case "Gid:": groupIDs = Self.numbers(words.dropFirst())
      case "Tgid:": processID = Self.numbers(words.dropFirst()).first
      case "NSpid:": nestedIDs = Self.numbers(words.dropFirst())
      default: break
      }
    }
  }

  /// Nothing where one of them is no number.
  private static func numbers(_ words: ArraySlice<ArraySlice<UInt8>>) -> [UInt32] {
    let numbers = words.prefix(32).map { UInt32(String(decoding: $0, as: UTF8.self)) }
    return numbers.contains(nil) ? [] : numbers.compactMap(\.self)
  }

  /// Whether it runs with other ids than it was started with, so that another may not look into it.
  var hasMixedIDs: Bool {
    Set(userIDs.prefix(3)).count > 1 || Set(groupIDs.prefix(3)).count > 1
  }

  /// Whether it is the first process of a pid namespace inside ours, whose end kills all others there.
  var isContainedInit: Bool { nestedIDs.count > 1 && nestedIDs.last == 1 }
}
