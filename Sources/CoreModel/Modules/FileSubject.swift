internal import CoreIO
package import SystemPackage

/// Which file stands for a module, as words about it have to call it.
package enum FileSubject: Hashable, Sendable {
  /// The one that has the module's name here.
  case here
  /// The one that `--program` names. It has taken nobody's place.
  case named(FilePath)

  /// Begins a sentence that says what the file has or lacks. Safe to print.
  var words: String {
    switch self {
    case .here: "the file here"
    case .named(let path): "\(PrintableText(path)), which --program names,"
    }
  }

  /// Why the file is not the one that was mapped: the one here then took its place.
  func words(forOther reason: String, isDeleted: Bool = false) -> String {
    switch self {
    case .here: (isDeleted ? "deleted and replaced: " : "replaced: ") + reason
    case .named: reason
    }
  }

  /// Why there is none.
  func words(for absence: ModuleFiles.Absence, isDeleted: Bool) -> String {
    switch self {
    case .here:
      switch absence {
      case .missing: isDeleted ? "deleted" : "no such file here"
      case .hidden: "no file here that the core's owner may read"
      case .unreadable(let errno): "can't be read: \(errno)"
      case .notRegular: "no regular file"
      case .notELF: "no ELF file here"
      }
    case .named:
      switch absence {
      case .missing: "\(words) isn't there"
      case .hidden: "\(words) is no file that the core's owner may read"
      case .unreadable(let errno): "\(words) can't be read: \(errno)"
      case .notRegular: "\(words) is no regular file"
      case .notELF: "\(words) is no ELF file"
      }
    }
  }
}
