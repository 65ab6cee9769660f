public import CoreIO
internal import CoreModel
internal import Salvage
public import SalvageArchive
internal import SystemPackage

extension CoreBundle {
  /// Writes the bundle to a place that was named: a tar archive with the core, the files, and what opens it in a debugger. A
  /// file appears only once it is complete; its name tells how it is packed, as `.tar.zst`, `.tar.gz` or `.tar`.
  @discardableResult
  public func write(
    to place: OutputPlace, progress: WorkProgress.Observer? = nil
  ) throws(SalvageError) -> Written {
    try write(to: place, texts: { bundle, folder in bundle.texts(folder) }, progress: progress)
  }

  private func texts(_ folder: FilePath.Component) -> [Text] {
    let script = BundleScript(bundle: self)
    return [
      Text("README", Array((readme(folder).joined(separator: "\n") + "\n").utf8)),
      Text("run-gdb", script.gdb, isScript: true),
      Text("run-lldb", script.lldb, isScript: true),
    ]
  }

  /// How many files are in it.
  fileprivate var countWords: String {
    counted(counts.modules, "file") + " that the process had mapped, "
      + "\(counts.debug) of debug information"
  }

  /// What would be in it, and what is missing, in lines for people. Safe to print.
  public var lines: [String] {
    ["  files     \(countWords)"] + missingLines.map { "  " + $0 }
  }

  /// The report's members, and what would be in it.
  public var json: JSONValue {
    guard case .object(var members) = repair.report.json else { return .null }
    members += JSONValue.output(nil, size: nil, next: nil)
    members.append(.init(name: "files", value: .array(needs.map(\.json))))
    return .object(members)
  }

  private func readme(_ folder: FilePath.Component) -> [String] {
    let report = repair.report
    var lines = [
      "A core dump, and the files to read it with. Made by coresalvage \(SalvageVersion.current).",
      "",
      "  ./run-gdb    opens the core in gdb, with these files and no others: ./run-gdb -batch -ex bt",
      "  ./run-lldb   opens it in lldb",
      "  core         \(report.headline(named: false))",
      "  root/        \(countWords), at their places",
      "",
      "  program   \(report.processWords)",
      "  threads   \(report.threadWords)",
    ]
    lines += report.verdict.doubts.map { "  \($0.label.padded(to: 10))\($0.text)" }
    lines += report.doubtLines.map { "  doubt     " + $0 }
    lines += [
      "",
      needs.isAnyInDoubt
        ? "Files that are in doubt above may be others than the process had mapped. Each of the rest is known to be the one,"
          + " or to belong to it."
        : "Each file is known to be the one that the process had mapped, or to belong to it.",
      "A core holds the memory of a process, and so its secrets.",
    ]
    if !missingLines.isEmpty {
      lines +=
        [""] + missingLines + ["What is fetched goes below root/, at the path that is named."]
    }
    return lines
  }

  /// What is not in it, and how it is had. Safe to print.
  fileprivate var missingLines: [String] {
    needs.missingLines(title: "Missing")
      + homeless.map { "  \(PrintableText($0)): another file has its place" }
  }
}

extension CoreBundle.Written {
  /// What is in it and what is missing, and what to type next, in lines for people. Safe to print.
  public func lines(in place: OutputPlace) -> [String] {
    let size = size.map { ": \(ByteCount($0))" } ?? ""
    var lines = bundle.lines
    lines.append("bundled \(place.isStream ? "to" : "in") \(PrintableText(place.name))\(size)")
    if let next = next(for: place) { lines.append("next: \(next)") }
    return lines
  }

  private func next(for place: OutputPlace) -> String? {
    let unpacked = FilePath(root: nil, [folder])
    return place.isStream
      ? nil : "tar -xf \(ShellWord(place.path)) && \(ShellWord(unpacked))/run-gdb"
  }

  /// All of it, as one object: the report's members, and the bundle's.
  public func json(output place: OutputPlace) -> JSONValue {
    guard case .object(var members) = report.json else { return report.json }
    members += JSONValue.output(place.path, size: size, next: next(for: place))
    members.append(.init(name: "folder", value: .text(folder.bytes)))
    members.append(.init(name: "files", value: .array(bundle.needs.map(\.json))))
    return .object(members)
  }
}
