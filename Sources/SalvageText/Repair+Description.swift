public import CoreIO
internal import CoreModel
internal import ELFCore
public import Salvage
internal import SystemPackage

extension Repair {
  /// The pieces that the output would be made of, a line each, after a line with its size. Each is made when it is read: a plan
  /// can have a hundred thousand.
  public var planDescription: some RandomAccessCollection<String> {
    (0..<(isCopy ? 1 : plan.pieces.count + 1)).lazy.map { index in
      guard !isCopy else { return "it would be copied unchanged" }
      guard index > 0 else { return "the output would have \(ByteCount(plan.size)):" }
      return Self.planLine(plan.pieces[index - 1])
    }
  }

  private static func planLine(_ piece: Piece) -> String {
    let range = "\(hexadecimal(piece.offset, digits: 12))-\(hexadecimal(piece.end, digits: 12))"
    switch piece.content {
    case .bytes, .made: return "  \(range)  new bytes"
    case .input(let source) where source.lowerBound == piece.offset:
      return "  \(range)  from the input"
    case .input(let source):
      return "  \(range)  from the input at \(hexadecimal(source.lowerBound))"
    case .file(let file, let source):
      return "  \(range)  from \(PrintableText(file.path)) at \(hexadecimal(source.lowerBound))"
    case .hole: return "  \(range)  a hole"
    }
  }

  /// The report, and what would be written, as one object: that of ``Written/json(output:)``, without an output.
  public var json: JSONValue {
    Written(size: plan.size, extend: plan.extend, sharesData: false, report: report)
      .json(output: nil)
  }
}

extension Repair.Written {
  /// The report, and what was written to `output`, as one object.
  public func json(output place: OutputPlace?) -> JSONValue {
    guard case .object(var members) = report.json else { return report.json }
    func add(_ name: String, _ value: JSONValue) { members.append(.init(name: name, value: value)) }
    let next = place.flatMap { $0.isStream ? nil : DebuggerCommand(report, $0.path) }
    members += JSONValue.output(place?.path, size: size, next: next?.line, needs: next?.need)
    add("extend", .string(extend.rawValue))
    add("reflink", .bool(sharesData))
    add("fallbacks", .array(fallbacks.map(JSONValue.string)))
    return .object(members)
  }
}
