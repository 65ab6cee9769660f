public import CoreIO
internal import CoreModel
internal import ELFCore
public import Salvage
public import SystemPackage

/// Commands that make gdb name functions in a core that has lost its link map, and is to stay as it is.
struct GDBScript {
  let text: String

  /// What each script begins with, of whatever version it is.
  static let beginning = "# Made by coresalvage"

  /// - Parameter files: what else gdb has to be told of, and whether it is to read nothing by itself.
  init(_ modules: [Module], program: UInt64?, _ files: DebuggerFiles?) {
    let hasStrangers = files?.strangers.isEmpty == false
    let options = hasStrangers ? "-iex 'set auto-solib-add off' " : ""
    var lines = [
      Self.beginning + " \(SalvageVersion.current). Use: gdb \(options)-x THIS PROGRAM CORE",
      "# Names each library and how far it lies from where it was linked for. What is lost stays lost.",
      "set confirm off",
    ]
    if hasStrangers {
      lines.insert(
        "# By the names in the core gdb opens other files than the process had: without that option, functions are named wrongly.",
        at: 2)
    }
    for module in modules where module.base != program {
      let name = PrintableText(module.path)
      guard let file = module.file, let line = Self.addSymbols(of: file.path, bias: module.bias)
      else {
        let reason = module.file == nil ? module.verdict.remark : "a name that gdb can't be given"
        lines.append("# left out: \(name): \(PrintableText(reason))")
        continue
      }
      lines.append(String(decoding: line, as: UTF8.self))
    }
    // Of a whole core nothing is rebuilt.
    let named = Set(lines)
    for library in files?.libraries ?? [] {
      guard
        let line = Self.addSymbols(of: library.file, bias: library.bias).map({
          String(decoding: $0, as: UTF8.self)
        }), !named.contains(line)
      else { continue }
      lines.append(line)
    }
    lines.append("set confirm on")
    text = lines.joined(separator: "\n") + "\n"
  }

  /// The command that reads a library's symbols; nil where gdb can't be given its name.
  static func addSymbols(of file: FilePath, bias: UInt64) -> [UInt8]? {
    // A script may be read in another folder.
    guard let path = word(file.absolute.bytes) else { return nil }
    return Array("add-symbol-file \(path) -o 0x\(hexadecimal(bias))".utf8)
  }

  /// A path as one word of a gdb command; nil where it has a character that could end the line or hide.
  private static func word(_ path: [UInt8]) -> String? {
    guard path.allSatisfy({ (0x20..<0x7f).contains($0) }) else { return nil }
    let plain = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._-+".utf8)
    return path.map { byte in
      (plain.contains(byte) ? "" : "\\") + String(Unicode.Scalar(byte))
    }.joined()
  }
}

extension Repair {
  /// Writes commands for gdb that name the libraries' symbols in the input as it is.
  public func writeGDBScript(to path: FilePath) throws(SalvageError) {
    try writeGDBScript(to: OutputPlace(path))
  }

  /// Writes them to a place that was named: a file, or a stream.
  public func writeGDBScript(to place: OutputPlace) throws(SalvageError) {
    let script = GDBScript(
      rebuild.modules, program: rebuild.program, rebuild.debuggerFiles)
    try place.write(
      Array(script.text.utf8), sparing: files,
      replacing: options.force || place.isGDBScript,
      access: intake.file.map { FileAccess(of: $0) })
  }
}

extension OutputPlace {
  /// Whether commands for gdb are there that we wrote: they may be replaced.
  public var isGDBScript: Bool { holdsFile(beginning: Array(GDBScript.beginning.utf8)) }
}
