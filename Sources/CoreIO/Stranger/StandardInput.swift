internal import Glibc
package import SystemPackage

/// What standard input is.
package enum StandardInput {
  /// A file that is redirected, from its beginning: as good as one that is named.
  case file(InputFile)
  /// A pipe as a rule.
  case stream(DescriptorStream)
  case terminal

  /// What messages call it.
  package static let name: FilePath = "standard input"

  /// - Parameter extent: how many of a file's bytes count.
  package static func open(extent: InputFile.Extent? = nil) -> StandardInput {
    let input = FileDescriptor.standardInput
    guard isatty(input.rawValue) == 0 else { return .terminal }
    if let copy = try? input.duplicate(), (try? copy.seek(offset: 0, from: .current)) == 0,
      let file = try? InputFile(owning: copy, name, extent: extent)
    {
      return .file(file)
    }
    return .stream(DescriptorStream(input))
  }
}
