package import SystemPackage

/// Where a core stands while it is taken, and once it is complete.
package struct CaptureName: Hashable, Sendable {
  package let unfinished: FilePath
  package let finished: FilePath
}
