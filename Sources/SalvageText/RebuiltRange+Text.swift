public import CoreModel

extension RebuiltRange {
  /// One line for people, safe to print: that its bytes are not the dump's, where they are, and how they were had.
  public var remark: String { "not of the dump: \(line)" }
}
