public import CoreIO
internal import CoreModel
internal import ELFCore

/// The crashes that a store had no room for in their minute: of each no core was taken.
public struct SkippedCrashes: Hashable, Sendable {
  /// Those of one program and user.
  public struct Program: Hashable, Sendable {
    /// The path of the program, or the short name of a process whose path was not known. A stranger may have chosen it; bytes
    /// that are no UTF-8 are escaped.
    public let program: String
    /// Its real user; nil where that was not known.
    public let userID: UInt32?
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

  mutating func add(_ record: CaptureRecord) {
    let path = record.program.isEmpty ? record.name : record.program
    let text = JSONValue.text(Array(path.suffix(Self.longestProgram)))
    add(
      Program(
        program: text.string ?? "", userID: record.userID, count: 1, first: record.time,
        last: record.time))
  }

  /// Adds those of another count.
  mutating func add(_ more: SkippedCrashes) {
    for program in more.programs { add(program) }
    if let others = more.others { addOther(others) }
  }

  private mutating func add(_ more: Program) {
    let index = programs.firstIndex { $0.program == more.program && $0.userID == more.userID }
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
      others ?? Program(program: "", userID: nil, count: 0, first: more.first, last: more.last)
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
      program: json["program"]?.string ?? "", userID: json["uid"]?.word, count: count,
      first: first, last: last)
  }
}
