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

/// A `link_map` with what follows in glibc's own, as far as readers ask for it that know no release's layout. chap takes
/// for a node what points to itself (`l_real`), and finds the fields of its extent by what they hold. All else is zero, so
/// that who looks for the number of its thread-local storage finds none.
package struct LinkMapNode: Hashable, Sendable {
  package var map: LinkMap
  /// `l_map_start` and `l_map_end`: from its first mapping to its end.
  package var extent: Range<UInt64>
  /// `l_text_end`: the end of its code.
  package var textEnd: UInt64

  package init(_ map: LinkMap, extent: Range<UInt64>, textEnd: UInt64) {
    self.map = map
    self.extent = extent
    self.textEnd = textEnd
  }

  /// In words: as long as any release's.
  private static let wordCount = 0xa0
  private static let realIndex = 5
  private static let extentIndex = 0x40

  package static func size(in format: ELFFormat) -> UInt64 {
    UInt64(wordCount * format.wordSize)
  }

  package func bytes(at address: UInt64, in format: ELFFormat) -> [UInt8] {
    var words = map.words + [UInt64](repeating: 0, count: Self.wordCount - LinkMap.wordCount)
    words[Self.realIndex] = address
    words[Self.extentIndex] = extent.lowerBound
    words[Self.extentIndex + 1] = extent.upperBound
    words[Self.extentIndex + 2] = textEnd
    var bytes: [UInt8] = []
    for word in words { bytes.append(word, size: format.wordSize, format.byteOrder) }
    return bytes
  }
}

/// `struct r_debug` of link.h: where the dynamic linker tells debuggers of its list; `r_debug_extended` where there are
/// several, one for each namespace (dlmopen).
package struct DebugRendezvous: Hashable, Sendable {
  /// `r_map`: the first node.
  package var first: UInt64
  /// `r_ldbase`: where the dynamic linker lies.
  package var linkerBase: UInt64
  /// `r_next`: where that of the next namespace lies, 0 for none; nil for the form of version 1, which has no such word.
  package var next: UInt64?

  package init(first: UInt64, linkerBase: UInt64, next: UInt64? = nil) {
    self.first = first
    self.linkerBase = linkerBase
    self.next = next
  }

  /// Each field takes a word's room: `r_version`, `r_map`, `r_brk`, `r_state`, `r_ldbase`, and `r_next` from version 2 on.
  package static let wordCount = 5
  package static let mapIndex = 1
  package static let nextIndex = 5
  /// `r_version` of the form that has `r_next`.
  package static let extendedVersion: UInt64 = 2

  package static func size(in format: ELFFormat) -> UInt64 {
    UInt64(wordCount * format.wordSize)
  }

  /// In the state RT_CONSISTENT; without a breakpoint, of which a dead process has no use.
  package func bytes(in format: ELFFormat) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(next == nil ? 1 : Self.extendedVersion, size: 4, format.byteOrder)
    bytes.pad(to: format.wordSize)
    for word in [first, 0, 0, linkerBase] + (next.map { [$0] } ?? []) {
      bytes.append(word, size: format.wordSize, format.byteOrder)
    }
    return bytes
  }
}
