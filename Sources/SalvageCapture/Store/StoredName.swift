internal import CoreIO
internal import CoreModel
internal import SystemPackage

/// The name of a file in a store: `COMM.UID.BOOTID.PID.TIMEUSEC.core`, the facts in the order in which systemd has them.
///
/// The process chose its COMM, so all of it but letters, digits and `_-+:@` is escaped: there is no dot in it, and none before.
struct StoredName: Hashable {
  /// What the file is, by the end of its name.
  enum Form: String, CaseIterable {
    case unfinished = ".capturing"
    case core = ".core"
    case archive = ".core.lz4"
  }

  /// The short name of the process.
  let command: [UInt8]
  let userID: UInt32?
  let bootID: String
  let processID: UInt32
  /// In microseconds since 1970.
  let time: UInt64
  /// 1 for the first of that name, which doesn't show it.
  var number = 1
  var form: Form

  init(_ record: CaptureRecord, _ form: Form) {
    // A name of the kernel's has 15 bytes.
    command = Array(record.name.prefix(32))
    userID = record.userID
    bootID = Self.isBootID(record.bootID) ? record.bootID : Self.unknown
    processID = record.processID
    time = record.time
    self.form = form
  }

  /// nil for a name that is none of a store's.
  init?(_ component: FilePath.Component) {
    let bytes = component.bytes
    // The longest ending first: none of them is the end of a longer one, but that is not for the reader to know.
    guard let form = Self.form(of: component) else { return nil }
    let stem = bytes.dropLast(form.rawValue.utf8.count)
    let parts = stem.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self) }
    guard parts.count == 5 || parts.count == 6, let command = Self.unescaped(parts[0]),
      let processID = UInt32(parts[3]), let time = UInt64(parts[4])
    else { return nil }
    self.command = command
    userID = UInt32(parts[1])
    bootID = parts[2]
    self.processID = processID
    self.time = time
    self.form = form
    if parts.count == 6 {
      guard let number = Int(parts[5]), number > 1 else { return nil }
      self.number = number
    }
    // Numbers have more than one way to be written, and these names one.
    guard text.utf8.elementsEqual(bytes) else { return nil }
  }

  /// What a name says that the file is, whoever gave it.
  static func form(of component: FilePath.Component) -> Form? {
    let bytes = component.bytes
    guard bytes.first != UInt8(ascii: ".") else { return nil }
    return Form.allCases.first {
      bytes.suffix($0.rawValue.utf8.count).elementsEqual($0.rawValue.utf8)
    }
  }

  /// The same name of another form.
  func with(_ form: Form) -> StoredName {
    var name = self
    name.form = form
    return name
  }

  var text: String { stem + form.rawValue }

  /// What the names of all forms share.
  var stem: String {
    let user = userID.map { String($0) } ?? Self.unknown
    let first = "\(Self.escaped(command)).\(user).\(bootID).\(processID).\(time)"
    return number == 1 ? first : "\(first).\(number)"
  }

  // MARK: The parts

  /// What stands for a fact that nobody knew.
  private static let unknown = "-"

  private static func isBootID(_ text: String) -> Bool {
    text.utf8.count == 32
      && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
    default: "_-+:@".utf8.contains(byte)
    }
  }

  /// As systemd escapes what must not stand in a name.
  private static func escaped(_ command: [UInt8]) -> String {
    guard !command.isEmpty else { return unknown }
    return command.map { byte in
      isPlain(byte)
        ? String(Unicode.Scalar(byte)) : "\\x" + hexadecimal(UInt64(byte), digits: 2)
    }.joined()
  }

  private static func unescaped(_ text: String) -> [UInt8]? {
    guard text != unknown else { return [] }
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let first = rest.first {
      if isPlain(first) {
        bytes.append(first)
        rest = rest.dropFirst()
      } else {
        let digits = String(decoding: rest.dropFirst(2).prefix(2), as: UTF8.self)
        guard rest.starts(with: "\\x".utf8), digits.utf8.count == 2,
          let byte = UInt8(digits, radix: 16)
        else { return nil }
        bytes.append(byte)
        rest = rest.dropFirst(4)
      }
    }
    return bytes
  }
}
