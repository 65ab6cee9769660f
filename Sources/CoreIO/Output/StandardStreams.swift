internal import CLinux

/// The descriptors 0, 1 and 2, which a process may also be started without.
package enum StandardStreams {
  /// Takes those that are closed, so that no file of ours becomes what others call standard output: a report would go into
  /// the repaired core. Reading and writing there goes on to fail. To be called before anything is opened.
  package static func hold() { linux_hold_standard_streams() }
}
