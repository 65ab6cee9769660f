internal import ELFCore

/// What a file's first bytes say of it, where it may be a core.
enum CoreKind {
  case plain

  /// nil for what is certainly none.
  init?(of file: InputFile) throws(SalvageError) {
    let head = try file.bytes(at: 0, count: FileHeader.magic.count)
    guard head == FileHeader.magic else { return nil }
    self = .plain
  }
}
