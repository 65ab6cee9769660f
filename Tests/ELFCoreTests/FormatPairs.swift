import ELFCore
import TestSupport
import Testing

/// The same format as the reader under test and as the writer of its input name it.
struct FormatPair: Sendable, CustomTestStringConvertible {
  let format: ELFFormat
  let reference: ReferenceFormat
  var testDescription: String { reference.description }

  init(_ reference: ReferenceFormat) {
    self.reference = reference
    format = ELFFormat(
      width: reference.is64Bit ? .bits64 : .bits32,
      byteOrder: reference.isLittleEndian ? .little : .big)
  }

  static let all = ReferenceFormat.all.map(FormatPair.init)
}
