package import CoreIO

/// A source that knows what of its core is lost: an archive's.
package protocol LossySource: ByteSource {
  var lostRanges: [DamageMap.Extent] { get }
  /// Whether anything at all of it is known to be damaged.
  var isDamaged: Bool { get }
}
