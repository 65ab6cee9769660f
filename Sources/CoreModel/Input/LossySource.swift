package import CoreIO

/// A source that knows what of its core is lost: an archive's.
package protocol LossySource: ByteSource {
  var lostRanges: [DamageMap.Extent] { get }
  /// Whether anything at all of it is known to be damaged.
  var isDamaged: Bool { get }
}

extension LossySource {
  package var isLossy: Bool { true }
}

extension ByteSource {
  /// The same, where it is such a source. A cast to a protocol that fails looks through all that any type of the program is.
  package var lossy: (any LossySource)? { isLossy ? self as? any LossySource : nil }
}
