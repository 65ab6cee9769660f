import Glibc

/// The system's words for an `errno`.
enum ErrorText {
  static func of(_ number: Int32) -> String {
    guard let text = strerror(number) else { return "error \(number)" }
    return String(cString: text)
  }
}
