internal import CoreIO
internal import CoreModel

extension WayIn {
  /// What is to be said of it, safe to print: labels and texts.
  package func lines(isWhole: Bool, isCut: Bool) -> [(label: String, words: String)] {
    var lines: [(String, String)] = []
    if let words = streamWords(isWhole: isWhole, isCut: isCut) { lines.append(("stream", words)) }
    if !attributes.isEmpty { lines.append(("systemd", attributeWords)) }
    lines += archiveRemarks.map { ("archive", $0) }
    if unreadable > 0 {
      lines.append(("device", "\(ByteCount(unreadable)) could not be read"))
    }
    if ignoredTail > 0 {
      lines.append(
        ("in place", "an interrupted repair left \(ByteCount(ignoredTail)) at the end: ignored"))
    }
    if zeroTail > 0 { lines.append(("zeros", zeroWords(isWhole: isWhole))) }
    return lines
  }

  private func streamWords(isWhole: Bool, isCut: Bool) -> String? {
    let name = packing.map { "the \($0.rawValue) stream" } ?? "the pipe"
    switch ending {
    case .whole:
      if let restWords { return "\(name) \(restWords)" }
      guard packing != nil else { return nil }
      let fate = isWhole ? "" : ": it is the dump in it that \(isCut ? "was cut" : "is damaged")"
      return "\(name) is whole\(zerosBehindWords)\(fate)\(uncheckedWords)"
    case .cut: return "\(name) was cut: the dump in it may have been longer"
    case .damaged(let reason):
      return "\(name) is damaged (\(PrintableText(reason))): what follows can't be decoded, "
        + "and no checksum of all of it vouches for what came before"
    case .checksumWrong:
      return "\(name) has a wrong checksum: some of these bytes are wrong, and which can't be told"
    case .unreadable(let errno): return "\(name) could not be read to its end: \(errno)"
    }
  }

  /// That nothing tells whether the bytes of a packed stream that is whole are right; empty where something does.
  private var uncheckedWords: String {
    packing == nil || isChecked || ending != .whole || isDamagedBehind
      ? "" : "; no checksum vouches for its bytes"
  }

  private var zerosBehindWords: String {
    zerosBehind == 0 ? "" : ", with \(ByteCount(zerosBehind)) of zeros behind it"
  }

  /// What there is to say of a packed stream though it is whole; nil where that is nothing.
  package var soundStreamWords: String? {
    let words = zerosBehindWords + uncheckedWords
    return words.isEmpty ? nil : "whole" + words
  }

  /// What became of what stands behind the core in a bundle; nil where nothing is wrong with it.
  private var restWords: String? {
    let fate: String
    switch rest.ending {
    case .whole: return nil
    case .damaged(let reason) where !rest.isInPlace:
      fate = "is damaged (\(PrintableText(reason))): bytes of the core may be missing, or too many"
    case .damaged(let reason):
      fate = "is damaged behind the core (\(PrintableText(reason))): all of the core came"
    case .cut, .checksumWrong, .unreadable:
      fate = "was cut behind the core: all of the core came, what stands behind it did not"
    }
    return rest.isChecked ? fate : fate + "; no checksum came that vouches for it"
  }

  /// What is wrong with the stream, in words; nil where nothing is.
  package var streamDamageWords: String? {
    isStreamDamaged ? streamWords(isWhole: true, isCut: false) : nil
  }

  private var attributeWords: String {
    func text(_ name: String) -> String? {
      attributes[name].map { PrintableText($0).description }
    }
    var words: [String] = []
    if let exe = text("exe") { words.append(exe) }
    if let pid = text("pid") { words.append("pid \(pid)") }
    if let signal = text("signal") { words.append("signal \(signal)") }
    if let limit = text("rlimit") { words.append("its RLIMIT_CORE was \(limit)") }
    return words.joined(separator: ", ")
  }

  private func zeroWords(isWhole: Bool) -> String {
    let size = ByteCount(zeroTail)
    return isWhole
      ? "the last \(size) are zeros, as a power cut may leave them; --zero-tail lost if so"
      : "the last \(size) are zeros: the dump's own from a pipe, or left by a power cut"
        + " (--zero-tail lost)"
  }

  /// The stream, as evidence of why a core was cut.
  var container: Surroundings.Container {
    guard packing != nil || ending != .whole else { return .none }
    return ending.lossCause == .pastEnd
      ? .whole : .cut(streamWords(isWhole: true, isCut: false) ?? "")
  }
}
