internal import CoreIO
internal import CoreModel
internal import Salvage

extension SlimSummary {
  /// How many kinds of memory are told of one by one.
  private static let most = 8
  /// How many stacks are told of one by one.
  private static let mostStacks = 3

  /// What is kept and what is left out, with the word that each line begins with.
  var lines: [(label: String, words: String)] {
    let words = "\(ByteCount(memory.survived)) of \(ByteCount(memory.size)) of memory"
    var lines = [
      ("kept", isCutShort ? "\(words): the size that was asked for has no room for more" : words)
    ]
    var left = leftOut.prefix(Self.most).map { "\($0.what), \(ByteCount($0.size))" }
    if leftOut.count > Self.most {
      left.append(
        "and \(leftOut.count - Self.most) more, \(ByteCount(leftOut[Self.most...].total(\.size)))")
    }
    for (index, text) in left.enumerated() { lines.append((index == 0 ? "left out" : "", text)) }
    for words in inUse { lines.append(("in use", words)) }
    for words in unknown { lines.append(("unknown", words)) }
    return lines
  }

  /// What is left out of stacks though it is in use.
  private var inUse: [String] {
    guard stacksLeftOut.count <= Self.mostStacks else {
      let threads = Set(stacksLeftOut.map(\.thread)).count
      let isCertain = stacksLeftOut.allSatisfy(\.isCertain)
      let size = ByteCount(stacksLeftOut.total(\.size))
      return [
        Self.words(size, isCertain, "stacks of \(threads) thread\(threads == 1 ? "" : "s")")
          + remedy
      ]
    }
    return stacksLeftOut.map {
      Self.words(ByteCount($0.size), $0.isCertain, "stack of thread \($0.thread)") + remedy
    }
  }

  private static func words(_ size: ByteCount, _ isCertain: Bool, _ stack: String) -> String {
    "\(size) \(isCertain ? "" : "that may be ")of the \(stack) \(size.are) left out"
  }

  /// What keeps it, where nothing else that was asked for leaves it out.
  private var remedy: String {
    let isLimit =
      !isCutShort && !options.keepsWholeStacks && options.kinds.contains(.stacks)
      && options.droppedRanges.isEmpty
    return isLimit ? ": --keep stacks keeps more than 8 MiB" : ""
  }

  /// Threads whose stacks nobody can tell.
  private var unknown: [String] {
    guard !unknownStacks.isEmpty else { return [] }
    let threads =
      unknownStacks.count <= Self.mostStacks
      ? unknownStacks.map { "thread \($0)" }.joined(separator: ", ")
      : "\(unknownStacks.count) threads"
    return [
      "where the stack of \(threads) is: the stack pointer leads to no memory, and nothing is kept by it"
    ]
  }

  /// The same as one object.
  var json: JSONValue {
    .members([
      "memory": .number(memory.size), "kept": .number(memory.survived), "size": .number(size),
      "cutShort": .bool(isCutShort),
      "leftOut": .array(
        leftOut.map { .members(["what": .string($0.what), "size": .number($0.size)]) }),
      "stacksLeftOut": .array(
        stacksLeftOut.map {
          .members([
            "tid": .number(UInt64($0.thread)), "size": .number($0.size),
            "certain": .bool($0.isCertain),
          ])
        }),
      "unknownStacks": .array(unknownStacks.map { .number(UInt64($0)) }),
    ])
  }
}
