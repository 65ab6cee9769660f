internal import Glibc

/// What standard output is: how wide, and whether it shows colours.
struct Terminal {
  let width: Int
  let hasColour: Bool

  init() {
    let isTerminal = isatty(STDOUT_FILENO) == 1
    var size = winsize()
    let isKnown = unsafe isTerminal && ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0
    // A program that reads the text, and a terminal that doesn't tell, get 80 columns.
    width = isKnown && size.ws_col >= 20 ? min(Int(size.ws_col), 240) : 80
    // https://no-color.org: present and not empty.
    hasColour =
      isTerminal && (Self.variable("NO_COLOR") ?? "").isEmpty && Self.variable("TERM") != "dumb"
  }

  private static func variable(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
  }
}
