internal import CoreIO
internal import CoreModel

/// One list of loaded objects, as far as it survived: the program's, or one that dlmopen began.
struct LinkMapNamespace {
  /// Where its `r_debug` lies.
  let address: UInt64
  /// Where its first node lies; nil where that is lost.
  let first: UInt64?
  let chain: LinkMapChain

  /// nil where no list can be there.
  init?(at address: UInt64, _ memory: CoreMemory) throws(SalvageError) {
    var chain = LinkMapChain(memory)
    switch try Rendezvous.firstNode(address, memory) {
    case nil, .unusable: return nil
    case .lost: first = nil
    case .value(let first):
      guard try chain.walk(from: first) else { return nil }
      self.first = first
    }
    self.address = address
    self.chain = chain
  }

  /// Whether nodes can be added to it.
  var isOpen: Bool { first == nil || chain.lostEnd != nil }
}
