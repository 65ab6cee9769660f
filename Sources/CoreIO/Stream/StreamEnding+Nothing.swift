extension StreamEnding {
  /// Why nothing at all came out of a packed stream; nil where it ended as it should, or the system is to blame.
  package func reasonForNothing(_ packing: Packing) -> String? {
    let name = "the \(packing.rawValue) stream"
    switch self {
    case .whole, .checksumWrong, .unreadable: return nil
    case .cut: return "\(name) was cut before its first byte"
    case .damaged(ZstdStream.tooLargeWindow):
      return
        "\(name) has a window over 2 GiB (zstd --long=31), which takes more memory than is given to it"
    case .damaged(let reason):
      return "\(name) is damaged (\(PrintableText(reason))) before its first byte"
    }
  }
}
