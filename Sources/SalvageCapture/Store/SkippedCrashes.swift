public import CoreIO
internal import CoreModel
internal import ELFCore

/// The crashes of which a store has no core, though the kernel handed them over.
public struct SkippedCrashes: Hashable, Sendable {
  /// Why there is none.
  public enum Reason: String, Hashable, Sendable {
    /// There were more in their minute than are kept.
    case limits
    /// The file system had no room.
    case room
  }

  /// Those of one program and user, and for one reason.
  public struct Program: Hashable, Sendable {
    /// The path of the program, or the short name of a process whose path was not known; empty where that was not known either.
    /// A stranger may have chosen it; bytes that are no UTF-8 are escaped.
    public let program: String
    /// Its real user; nil where that was not known.
    public let userID: UInt32?
    /// nil for those of many programs, for whatever reason.
    public let reason: Reason?
    /// How many.
    public fileprivate(set) var count: UInt64
    /// The first of them, in microseconds since 1970.
    public fileprivate(set) var first: UInt64
    /// The last of them, in microseconds since 1970.
    public fileprivate(set) var last: UInt64
  }

  /// In the order in which their first ones came.
  public private(set) var programs: [Program] = []
  /// All those of programs that came when there was no place for more names; nil where there are none.
  public private(set) var others: Program?

  /// How many programs are told apart.
  private static let most = 128
  /// Of a longer path the end is kept.
  private static let longestProgram = 512
  /// Of a longer file nothing is read.
  static let longestText = 4 << 20

  /// None.
  public init() {}

  /// How many they are.
  public var count: UInt64 {
    (programs + (others.map { [$0] } ?? [])).reduce(0) { $0 +| $1.count }
  }

  mutating func add(_ record: CaptureRecord, _ reason: Reason) {
    let path = record.program.isEmpty ? record.name : record.program
    let text = JSONValue.text(Array(path.suffix(Self.longestProgram)))
    add(
      Program(
        program: text.string ?? "", userID: record.userID, reason: reason, count: 1,
        first: record.time, last: record.time))
  }

  /// Adds those of another count.
  mutating func add(_ more: SkippedCrashes) {
    for program in more.programs { add(program) }
    if let others = more.others { addOther(others) }
  }

  private mutating func add(_ more: Program) {
    let index = programs.firstIndex {
      $0.program == more.program && $0.userID == more.userID && $0.reason == more.reason
    }
    if let index {
      programs[index].add(more)
    } else if programs.count < Self.most {
      programs.append(more)
    } else {
      addOther(more)
    }
  }

  private mutating func addOther(_ more: Program) {
    var others =
      others
      ?? Program(
        program: "", userID: nil, reason: nil, count: 0, first: more.first, last: more.last)
    others.add(more)
    self.others = others
  }

  // MARK: As JSON

  /// One object: `format` 1, `programs`, and `others` or null. See coresalvage-format(5).
  public var json: JSONValue {
    .members([
      "format": .number(1),
      "programs": .array(programs.map(\.json)),
      "others": others?.json ?? .null,
    ])
  }

  /// nil for what is none of these.
  init?(text: [UInt8]) {
    guard let json = JSONReader.value(of: text), json["format"]?.number == 1 else { return nil }
    for program in (json["programs"]?.array ?? []).compactMap(Program.init) { add(program) }
    if let others = json["others"].flatMap(Program.init) { addOther(others) }
  }
}

extension SkippedCrashes.Program {
  fileprivate mutating func add(_ more: Self) {
    count = count +| more.count
    first = min(first, more.first)
    last = max(last, more.last)
  }

  fileprivate var json: JSONValue {
    .members([
      "program": .string(program),
      "uid": userID.map { .number(UInt64($0)) } ?? .null,
      "reason": reason.map { .string($0.rawValue) } ?? .null,
      "count": .number(count),
      "first": .number(first),
      "last": .number(last),
    ])
  }

  fileprivate init?(_ json: JSONValue) {
    guard let count = json["count"]?.number, let first = json["first"]?.number,
      let last = json["last"]?.number
    else { return nil }
    self.init(
      program: json["program"]?.string ?? "", userID: json["uid"]?.word,
      reason: json["reason"]?.string.flatMap(SkippedCrashes.Reason.init), count: count,
      first: first, last: last)
  }
}
