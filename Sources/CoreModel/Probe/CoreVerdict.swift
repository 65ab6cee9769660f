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

    /// `text` has to be safe to print.
    public init(_ kind: Kind, _ text: String, isDamage: Bool = true) {
      self.kind = kind
      self.text = text
      self.isDamage = isDamage
    }
  }

  /// All of them, damage first found first.
  public package(set) var reasons: [Reason] = []

  /// Nothing speaks against it.
  public init() {}

  /// Whether every byte is there, and nothing proves that one is not what the process had. A core that is not whole is
  /// repaired, one that is is copied as it is.
  public var isWhole: Bool { !reasons.contains(where: \.isDamage) }

  /// Whether all bytes that its headers name are there, whatever they hold.
  public var isComplete: Bool { !reasons.contains { $0.kind == .missing } }

  /// Whether its writer left memory out: then nothing was cut.
  public var isFiltered: Bool { reasons.contains { $0.kind == .leftOut } }

  package mutating func add(_ kind: Reason.Kind, _ text: String, isDamage: Bool = true) {
    reasons.append(Reason(kind, text, isDamage: isDamage))
  }
}
