/// Memory that entries of the program header table named which are lost for good.
package struct UnnamedMemory: Sendable {
  /// Where in the process it may have been.
  package var addresses: [Range<UInt64>] = []
  /// Its bytes in the file, as far as that can be told: what lies there between the bytes that other entries name.
  package var bytes: [Range<UInt64>] = []

  package init() {}
}
