extension GDBView {
  /// The number in "LWP 4711" of "Thread 0x7f… (LWP 4711)" or "* 1    LWP 4711  0x…".
  static func threadNumber(_ line: String) -> Int32? {
    guard !line.hasPrefix("#"), let mark = line.firstRange(of: "LWP ") else { return nil }
    return Int32(line[mark.upperBound...].prefix { $0.isNumber })
  }

  /// "#1  0x000055… in level_2 (who=3) at victim.c:70", "#0  level_1 (…)", "#2  <signal handler
  /// called>".
  mutating func addFrame(_ line: String, to thread: Int32, isHeading: Bool) {
    if isHeading { backtraces[thread, default: []] += [] }
    guard line.hasPrefix("#") else { return }
    var rest = line.dropFirst().drop { $0.isNumber }.drop { $0 == " " }
    if rest.hasPrefix("0x"), let mark = rest.firstRange(of: " in ") {
      rest = rest[mark.upperBound...]
    }
    let name =
      rest.hasPrefix("<") ? rest : rest[..<(rest.firstRange(of: " (")?.lowerBound ?? rest.endIndex)]
    backtraces[thread, default: []].append(String(name))
  }

  /// "0x00007f…  0x00007f…  Yes (*)     /lib/x86_64-linux-gnu/libc.so.6".
  mutating func addLibrary(_ line: String) {
    guard line.hasPrefix("0x") || line.contains("  Yes  ") || line.contains("  No  ") else {
      return
    }
    guard let slash = line.firstRange(of: " /") else { return }
    libraries.append(String(line[line.index(after: slash.lowerBound)...]))
  }

  /// "rip            0x7f0123456789      0x7f0123456789 <pause+21>".
  mutating func addRegister(_ line: String, to thread: Int32) {
    let words = line.split(separator: " ")
    guard words.count >= 2, words[1].hasPrefix("0x") else { return }
    guard let value = UInt64(words[1].dropFirst(2), radix: 16) else { return }
    registers[thread, default: [:]][String(words[0])] = value
  }

  /// "0x55d0c4a6a2a0 <table+16>:\t0x41". Reads that failed stand before it, without a line end:
  /// "0x3000000:\t0x3000001:\t0x55d0c4a6a2a0 <table+16>:\t0x41".
  mutating func addByte(_ line: String) {
    let words = line.split(separator: "\t")
    guard words.count >= 2, let value = UInt8(words[words.count - 1].dropFirst(2), radix: 16) else {
      return
    }
    let place = words[words.count - 2]
    guard place.hasPrefix("0x") else { return }
    let address = UInt64(place.dropFirst(2).prefix { $0.isHexDigit }, radix: 16)
    if let address { memory[address] = .some(value) }
  }

  /// "Cannot access memory at address 0x7ffd1000".
  mutating func addFailure(_ line: String) {
    guard let mark = line.firstRange(of: "Cannot access memory at address 0x") else { return }
    let digits = line[mark.upperBound...].prefix { $0.isHexDigit }
    guard let address = UInt64(digits, radix: 16), memory[address] == nil else { return }
    memory.updateValue(nil, forKey: address)
  }
}
