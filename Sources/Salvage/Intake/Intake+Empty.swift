package import SystemPackage

extension Intake {
  /// A stream of which nothing could be unpacked is no empty file: it says what stopped it. `packing` is nil for a pipe.
  package static func refuseEmpty(
    _ size: UInt64, _ ending: StreamEnding, _ packing: Packing?, _ path: FilePath
  ) throws(SalvageError) {
    guard size == 0, let packing else { return }
    let name = "the \(packing.rawValue) stream"
    switch ending {
    case .whole, .checksumWrong, .unreadable: return
    case .cut:
      throw SalvageError(
        .beyondRepair(reason: "\(name) was cut before the first byte of what is in it"), file: path)
    case .damaged(ZstdStream.tooLargeWindow):
      throw SalvageError(
        .notACore(
          expected: "a zstd window of at most 2 GiB (zstd --long=31)",
          found: "a larger one, which takes more memory than is given to it"), file: path)
    case .damaged(let reason):
      throw SalvageError(
        .beyondRepair(
          reason:
            "\(name) is damaged (\(PrintableText(reason))) before the first byte of what is in it"),
        file: path)
    }
  }
}
