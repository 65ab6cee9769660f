/// How a stream is kept while its core is read.
public enum Spooling: Hashable, Sendable {
  /// As it comes, with its zeros as holes: what becomes the output, or is read at every place in no time.
  case plain
  /// Compressed, so that the disk needs no room for all of a core of which only an archive is wanted.
  case packed
}
