import SystemPackage
import TestSupport
import Testing

/// What the manual and the README have people type, typed.
@Suite("the examples of the manual and of the README", .serialized)
struct ManualExampleTests {
  /// One machine, on which each example begins with the same files.
  private struct Machine {
    let folder: ScratchFolder

    init() throws {
      folder = try ScratchFolder()
    }

    /// Types commands, as one script in a namespace of its own; gives the output of each.
    func type(_ examples: [[ShownCommand]]) throws -> [[String]] {
      var script = """
        set -e
        bash '\(Tool.packageRoot)/Tests/Tools/examples-machine.sh' "$0" '\(folder.path)'
        export PATH='\(folder.path)/bin':$PATH HOME='\(folder.path)' DEBUGINFOD_URLS=
        set +e

        """
      var number = 0
      for example in examples {
        script += "rm -rf work; cp -a initial work; cd work\n"
        let words = example.map(\.line).joined(separator: " ")
        // Some examples begin with a core that was repaired before.
        if !words.contains("in.core"), words.contains("out.core"),
          words.contains("note") || words.contains("readelf")
        {
          script += "cp -p repaired-once.core out.core\n"
        }
        for command in example {
          try folder.write(Array(command.line.utf8), to: "command-\(number)")
          script += """
            eval "$(<../command-\(number))" >../output-\(number) 2>&1 </dev/null
            echo $? >../status-\(number)

            """
          number += 1
        }
        script += "cd ..\n"
      }
      var tool = Tool("unshare", ["-m", "bash", "-c", script, Tool.coresalvagePath.string])
      tool.folder = folder.path
      try tool.runSuccessfully()
      return try (0..<number).map { number in
        let bytes = try ReferenceSource.contents(of: folder.file("output-\(number)"))
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
      }
    }

    func status(_ number: Int) throws -> String {
      let bytes = try ReferenceSource.contents(of: folder.file("status-\(number)"))
      return String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
    }
  }

  private static let manual = Tool.packageRoot.appending("man")

  /// Those of coresalvage-capture(8) change the machine that they run on: the tests of capture do what they show.
  private static func manualExamples() throws -> [[ShownCommand]] {
    try FileTree.names(in: manual).sorted().filter { $0 != "coresalvage-capture.8" }.flatMap {
      name in
      let bytes = try ReferenceSource.contents(of: manual.appending(name))
      let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
      return ShownCommand.inManual(lines)
    }
  }

  /// Those that run the command. What installs it is typed by Scripts/try-packages.sh.
  private static func readmeExamples() throws -> [[ShownCommand]] {
    let bytes = try ReferenceSource.contents(of: Tool.packageRoot.appending("README.md"))
    return ShownCommand.inMarkdown(String(decoding: bytes, as: UTF8.self), block: "sh")
      .filter { $0.line.contains("coresalvage ") && !$0.line.hasPrefix("sudo") }.map { [$0] }
  }

  @Test(
    "work as they are shown",
    .needs(
      .mounts, .kernelCores, .gdb, .gcc, .tool("jq"), .tool("eu-readelf"), .tool("zstd")))
  func typed() throws {
    let examples = try Self.manualExamples() + Self.readmeExamples()
    #expect(examples.count > 30, "\(examples)")
    let machine = try Machine()
    let outputs = try machine.type(examples)
    for (number, command) in examples.joined().enumerated() {
      let output = outputs[number]
      let status = try machine.status(number)
      // A cut core is damaged: who looks for damage is to say so.
      let isLook = command.line.hasPrefix("coresalvage inspect")
      #expect(status == "0" || isLook && status == "1", "\(command.line): \(status) \(output)")
      // Nothing, null and empty columns are what a query gives whose keys are not there.
      if command.line.contains("jq ") {
        #expect(!output.isEmpty, "\(command.line)")
        let isFound = output.allSatisfy { $0 != "null" && !$0.hasPrefix("\t") }
        #expect(isFound, "\(command.line): \(output)")
      }
      guard !command.output.isEmpty else { continue }
      #expect(command.difference(to: output) == nil, "\(command.line): \(output)")
    }
  }

  @Test("are found in a page, with what they show")
  func parsed() {
    let page = """
      .Sh EXAMPLES
      First:
      .Bd -literal -offset indent
      $ one |
          two
      [...]
      next: three
      $ three
      .Ed
      .Pp
      Second:
      .Pp
      .Dl # four
      .Sh SEE ALSO
      .Dl $ five
      """.split(separator: "\n").map(String.init)
    let examples = ShownCommand.inManual(page)
    #expect(examples.map { $0.map(\.line) } == [["one |    two", "three"], ["four"]])
    #expect(examples.first?.first?.output == ["[...]", "next: three"])
  }
}
