internal import CoreIO
internal import CoreModel
internal import Salvage

extension RepairReport {
  /// What was added to a whole core, or why nothing was; nil where nobody asked.
  var completionWords: String? {
    switch completion {
    case nil: nil
    case .added: "\(ByteCount(rebuilt.total(\.length))) of read-only memory from \(rebuiltFiles)"
    case .allThere: "nothing: it has all that the files here have"
    case .noFile: "nothing: none of its files is here"
    case .noRoom: "nothing: a 32-bit core can't name what would stand past 4 GiB"
    }
  }

  /// How many files what is rebuilt is from, in words.
  var rebuiltFiles: String {
    Self.count(Set(rebuilt.filter { $0.source == .mappedFile }.map(\.path)).count, "verified file")
  }

  /// That options were given that change nothing; nil where none was.
  var withoutEffectWords: String? {
    guard !withoutEffect.isEmpty else { return nil }
    let names = withoutEffect.joined(separator: ", ")
    let reason = slim == nil ? "it is whole" : "the dump has no memory there"
    return "without effect, as \(reason): \(names)"
  }
}
