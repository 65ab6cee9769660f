/// `struct link_map` of link.h, the part of it that debuggers know: one loaded object. All of it are words.
package struct LinkMap: Hashable, Sendable {
  /// `l_addr`: how far the object lies from where it was linked for.
  package var bias: UInt64
  /// `l_name`: where its path lies, a C string; the program's is empty.
  package var name: UInt64
  /// `l_ld`: where its dynamic section lies.
  package var dynamic: UInt64
  /// `l_next` and `l_prev`: the nodes beside it, or 0.
  package var next: UInt64
  package var previous: UInt64

  package init(bias: UInt64, name: UInt64, dynamic: UInt64, next: UInt64, previous: UInt64) {
    self.bias = bias
    self.name = name
    self.dynamic = dynamic
    self.next = next
    self.previous = previous
  }

  /// In the order of the structure.
  package var words: [UInt64] {
    get { [bias, name, dynamic, next, previous] }
    set {
      guard newValue.count == Self.wordCount else { return }
      self = LinkMap(
        bias: newValue[0], name: newValue[1], dynamic: newValue[2], next: newValue[3],
        previous: newValue[4])
    }
  }

  package static let wordCount = 5

  package static func size(in format: ELFFormat) -> UInt64 {
    UInt64(wordCount * format.wordSize)
  }

  package func bytes(in format: ELFFormat) -> [UInt8] {
    var bytes: [UInt8] = []
    for word in words { bytes.append(word, size: format.wordSize, format.byteOrder) }
    return bytes
  }
}

/// `struct r_debug` of link.h: where the dynamic linker tells debuggers of its list.
package struct DebugRendezvous: Hashable, Sendable {
  /// `r_map`: the first node.
  package var first: UInt64
  /// `r_ldbase`: where the dynamic linker lies.
  package var linkerBase: UInt64

  package init(first: UInt64, linkerBase: UInt64) {
    self.first = first
    self.linkerBase = linkerBase
  }

  /// Each field takes a word's room: `r_version`, `r_map`, `r_brk`, `r_state`, `r_ldbase`.
  package static let wordCount = 5
  package static let mapIndex = 1

  package static func size(in format: ELFFormat) -> UInt64 {
    UInt64(wordCount * format.wordSize)
  }

  /// Version 1, in the state RT_CONSISTENT; without a breakpoint, of which a dead process has no use.
  package func bytes(in format: ELFFormat) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(1, size: 4, format.byteOrder)
    bytes.pad(to: format.wordSize)
    bytes.append(first, size: format.wordSize, format.byteOrder)
    bytes.append(0, size: format.wordSize, format.byteOrder)
    bytes.append(0, size: format.wordSize, format.byteOrder)
    bytes.append(linkerBase, size: format.wordSize, format.byteOrder)
    return bytes
  }
}
