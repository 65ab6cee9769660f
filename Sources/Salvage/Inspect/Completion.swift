internal import CoreModel

/// What became of the wish that a whole core have the read-only memory of its files, too. The raw value is its name in JSON.
public enum Completion: String, Hashable, Sendable {
  /// The output has more than the input.
  case added
  /// The core has all that the files here have.
  case allThere = "all there"
  /// None of its files is here, as far as that can be told.
  case noFile = "no file here"
  /// A core of 32 bits can't name what would stand past 4 GiB.
  case noRoom = "no room"

  init(_ rebuild: Rebuild, hasRoom: Bool) {
    if !rebuild.segments.isEmpty {
      self = hasRoom ? .added : .noRoom
    } else {
      self = rebuild.modules.contains { $0.file != nil } ? .allThere : .noFile
    }
  }
}
