import CoreIO
import TestSupport
import Testing

/// What the command says of itself.
@Suite("help")
struct HelpTests {
  @Test("shows the main form first, and every command", arguments: ["--help", "-h", "help"])
  func rootHelp(option: String) throws {
    let result = try Tool.coresalvage(option).runSuccessfully()
    #expect(result.errorOutput.isEmpty)
    #expect(result.text.contains("coresalvage [repair] IN OUT"))
    for command in ["repair", "note"] { #expect(result.text.contains("  \(command)")) }
  }

  @Test("of the repair names all its options")
  func repairHelp() throws {
    for arguments in [["help", "repair"], ["repair", "--help"]] {
      let text = try Tool.coresalvage(arguments).runSuccessfully().text
      for option in [
        "--extend", "--lost", "--sparse", "--reflink", "--force", "--quiet", "--json", "--dry-run",
        "-q", "-n", "<input>", "[<output>]",
      ] {
        #expect(text.contains(option), "no \(option) in \(text)")
      }
      for value in ["due", "none", "drop", "zero", "pad", "auto", "always", "never"] {
        #expect(text.contains(value), "no \(value)")
      }
    }
  }

  @Test("gives the version")
  func version() throws {
    let result = try Tool.coresalvage("--version").runSuccessfully()
    #expect(result.text == "coresalvage \(SalvageVersion.current)\n")
  }
}
