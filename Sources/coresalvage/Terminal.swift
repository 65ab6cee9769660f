internal import Glibc

/// What standard output is: how wide, and whether it shows colours.
struct Terminal {
  let width: Int
  let hasColour: Bool

  init(_ color: ColorChoice) {
    let isTerminal = isatty(STDOUT_FILENO) == 1
    // A program that reads the text, and a terminal that doesn't tell, get 80 columns.
    width = Self.width(of: STDOUT_FILENO).map { $0 >= 20 ? min($0, 240) : 80 } ?? 80
    hasColour =
      switch color {
      case .always: true
      case .never: false
      // https://no-color.org: present and not empty.
      case .auto:
        isTerminal && (Self.variable("NO_COLOR") ?? "").isEmpty && Self.variable("TERM") != "dumb"
      }
  }

  /// How many columns a terminal has; nil where it is none, or doesn't tell.
  static func width(of descriptor: Int32) -> Int? {
    guard isatty(descriptor) == 1 else { return nil }
    var size = winsize()
    guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
      return nil
    }
    return Int(size.ws_col)
  }

  private static func variable(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
  }
}
