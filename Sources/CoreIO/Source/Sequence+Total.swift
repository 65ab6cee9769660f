public import ELFCore

extension Sequence {
  /// The sum of sizes, as far as a number goes.
  @inlinable
  package func total(_ size: (Element) -> UInt64) -> UInt64 {
    reduce(0) { $0 +| size($1) }
  }
}
