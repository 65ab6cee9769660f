internal import CoreIO
internal import SystemPackage

/// What there is to do: the walk, and the files that somebody else had when it was their turn.
struct FileQueue: Sendable {
  enum Next {
    case find(FolderWalk.Find)
    /// Nothing until then, but for what others may leave to us.
    case wait
    case end
  }

  private struct Deferred: Sendable {
    let file: FoundFile
    let due: Double
    let pause: Double
  }

  private var walk: FolderWalk
  private var isWalked = false
  private var deferred: [Deferred] = []
  /// How long a file was waited for that has been given out again.
  private var pauses: [FilePath: Double] = [:]
  private var isStopped = false

  /// More are not kept: whoever holds so many is waited for.
  private static let mostDeferred = 256
  private static let firstPause = 0.1
  private static let longestPause = 2.0

  init(_ walk: FolderWalk) { self.walk = walk }

  var waiting: Int { deferred.count }

  mutating func next() -> Next {
    guard !isStopped else { return .end }
    if !isWalked, deferred.count < Self.mostDeferred {
      if let find = walk.next() { return .find(find) }
      isWalked = true
    }
    let now = monotonicSeconds()
    if let index = deferred.firstIndex(where: { $0.due <= now }) {
      let entry = deferred.remove(at: index)
      pauses[entry.file.path] = entry.pause
      return .find(.file(entry.file))
    }
    return deferred.isEmpty ? .end : .wait
  }

  /// Somebody else is at work on the file: it is looked at again later, less and less often.
  mutating func putBack(_ file: FoundFile) {
    let pause = min(
      (pauses.removeValue(forKey: file.path) ?? Self.firstPause / 2) * 2, Self.longestPause)
    deferred.append(Deferred(file: file, due: monotonicSeconds() + pause, pause: pause))
  }

  /// A file that was waited for needs no more waiting.
  mutating func isDone(_ file: FoundFile) { pauses[file.path] = nil }

  /// Nothing more is given out.
  mutating func stop() { isStopped = true }
}
