/// How many there are of something whose plural has an s: `1 file`, `2 files`.
package func counted(_ number: some BinaryInteger, _ noun: String) -> String {
  number == 1 ? "1 \(noun)" : "\(number) \(noun)s"
}

extension ByteCount {
  /// The verb that goes with it.
  package var are: String { bytes == 1 ? "is" : "are" }
  /// The same of what is over.
  package var were: String { bytes == 1 ? "was" : "were" }
}
