package import CoreIO

/// Whether a core is whole, and what speaks against it. `Core` has it, for every command; nobody else decides.
public struct CoreVerdict: Hashable, Sendable {
  /// One thing that speaks against it.
  public struct Reason: Hashable, Sendable {
    /// What it is about, an open set.
    public struct Kind: RawRepresentable, Hashable, Sendable {
      /// Its name in JSON.
      public let rawValue: String
      /// Any name: one that is not listed here is of a later version.
      public init(rawValue: String) { self.rawValue = rawValue }
      /// Bytes that its headers name are not there.
      public static let missing = Kind(rawValue: "missing")
      /// The dump's writer left memory out.
      public static let leftOut = Kind(rawValue: "left out")
      /// Memory was left out on request when the core was made slim.
      public static let slim = Kind(rawValue: "slim")
      /// Notes are damaged.
      public static let notes = Kind(rawValue: "notes")
      /// Program headers are damaged.
      public static let table = Kind(rawValue: "table")
      /// It was converted as text.
      public static let text = Kind(rawValue: "text")
      /// Part of it stands elsewhere than its headers say.
      public static let moved = Kind(rawValue: "moved")
      /// There are bytes behind all that its headers name.
      public static let trailing = Kind(rawValue: "trailing")
      /// Bytes may be from files that are others than the process had mapped.
      public static let files = Kind(rawValue: "files")
      /// It was repaired before, and what that found lost or made up is not known.
      public static let record = Kind(rawValue: "record")
      /// A checksum over what it came in is wrong.
      public static let checksum = Kind(rawValue: "checksum")
      /// There are zeros where the process had something else, or may have had.
      public static let zeros = Kind(rawValue: "zeros")
      /// There are bytes where the process had others.
      public static let foreign = Kind(rawValue: "foreign")
    }

    /// What it is about.
    public let kind: Kind
    /// A sentence, safe to print.
    public let text: String
    /// Whether it proves that bytes are not what the process had; a warning otherwise.
    public let isDamage: Bool
    /// Whether a note of an earlier repair tells it.
    public package(set) var isTold = false

    /// `text` has to be safe to print.
    public init(_ kind: Kind, _ text: String, isDamage: Bool = true) {
      self.kind = kind
      self.text = text
      self.isDamage = isDamage
    }
  }

  /// All of them, damage first found first.
  public package(set) var reasons: [Reason] = []

  /// Whether what notes tell is settled: a repair has done what can be done about it. It is as true as it was before.
  private var isToldSettled = false

  /// Nothing speaks against it.
  public init() {}

  /// Whether every byte is there, and nothing proves that one is not what the process had, but what an earlier repair has
  /// told of already. A core that is not whole is repaired, one that is is copied as it is.
  public var isWhole: Bool { !reasons.contains { $0.isDamage && !($0.isTold && isToldSettled) } }

  /// What is in doubt, and stays so in whatever is made of the core: no list of lost ranges tells it.
  public var doubts: [Reason] { reasons.filter(\.isDoubt) }

  /// Whether all bytes that its headers name are there, whatever they hold.
  public var isComplete: Bool { !reasons.contains { $0.kind == .missing } }

  /// Whether its writer left memory out: then nothing was cut.
  public var isFiltered: Bool { reasons.contains { $0.kind == .leftOut } }

  /// Adds what notes tell of. It is damage like any other, unless it `isSettled` by an earlier repair.
  package mutating func tell(_ doubts: [Reason], isSettled: Bool) {
    isToldSettled = isSettled
    for var doubt in doubts {
      doubt.isTold = true
      reasons.removeAll { $0.isSame(as: doubt) }
      reasons.append(doubt)
    }
  }

  package mutating func add(_ kind: Reason.Kind, _ text: String, isDamage: Bool = true) {
    reasons.append(Reason(kind, text, isDamage: isDamage))
  }
}

extension CoreVerdict.Reason {
  /// Whether no list of lost ranges tells it, nor the bytes of what is made of the core.
  package var isDoubt: Bool {
    [.checksum, .record, .foreign, .files].contains(kind) || kind == .moved && !isDamage
  }

  /// Whether it says the same, whoever tells it.
  package func isSame(as other: Self) -> Bool { kind == other.kind && text == other.text }

  package var json: JSONValue {
    .members([
      "kind": .string(kind.rawValue), "text": .string(text), "damage": .bool(isDamage),
    ])
  }
}
