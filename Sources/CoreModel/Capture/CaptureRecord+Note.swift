internal import CoreIO

extension CaptureRecord {
  /// Of a longer note nothing is read.
  static let largestNote = 4 << 20

  /// The descriptor of the CAPTURE note: the object as one line of ASCII. Of a process with more modules than it has room
  /// for only the first are named.
  package var noteDescriptor: [UInt8] {
    var record = self
    var line = record.json.line
    while line.utf8.count > Self.largestNote, !record.modules.isEmpty {
      let left = record.modules.count / 2
      record.modulesLeftOut += UInt64(record.modules.count - left)
      record.modules.removeLast(record.modules.count - left)
      line = record.json.line
    }
    return Array(line.utf8)
  }

  /// Reads a descriptor; nil where it is none that we understand.
  package init?(noteDescriptor bytes: [UInt8]) {
    guard bytes.count <= Self.largestNote, let json = JSONReader.value(of: bytes) else {
      return nil
    }
    self.init(json: json)
  }
}
