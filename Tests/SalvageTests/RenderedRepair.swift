import CoreIO
import CoreModel
import Glibc
import Salvage
import TestSupport
import Testing

/// A repair whose output is made in memory from the plan's pieces, apart from the code that writes files.
struct RenderedRepair {
  let repair: Repair
  /// The output; of a whole core, its own bytes.
  let bytes: [UInt8]

  /// Throws what the repair throws. `died` is what a file would tell.
  init(
    _ input: [UInt8], options: RepairOptions = RepairOptions(), died: DeathTime? = nil
  ) throws {
    var intake = Intake(MemorySource(input))
    intake.wayIn.died = died
    try self.init(intake, input, options: options)
  }

  /// The same of an input of which more is known.
  init(_ intake: Intake, _ input: [UInt8], options: RepairOptions = RepairOptions()) throws {
    try self.init(Repair(of: intake, options: options), input)
  }

  /// The output of a repair that was made of that input.
  init(_ repair: Repair, _ input: [UInt8]) throws {
    self.repair = repair
    guard !repair.isWhole || repair.slimming != nil else {
      bytes = input
      return
    }
    var end: UInt64 = 0
    for piece in repair.plan.pieces {
      try #require(piece.offset == end, "pieces don't meet at \(end)")
      end = piece.end
    }
    try #require(end == repair.plan.size)
    bytes = try Self.render(repair.plan, input)
  }

  private static func render(_ plan: Plan, _ input: [UInt8]) throws -> [UInt8] {
    var output = [UInt8](repeating: 0, count: Int(plan.size))
    for piece in plan.pieces {
      switch piece.content {
      case .bytes(let bytes): copy(bytes, 0..<bytes.count, to: &output, at: Int(piece.offset))
      case .made(let made):
        copy(made.bytes, 0..<made.size, to: &output, at: Int(piece.offset))
      case .input(let range):
        try #require(range.upperBound <= UInt64(input.count), "a piece past the input's end")
        copy(
          input, Int(range.lowerBound)..<Int(range.upperBound), to: &output, at: Int(piece.offset))
      case .file(let file, let range):
        let bytes = try file.bytes(
          at: range.lowerBound, count: Int(range.upperBound - range.lowerBound))
        copy(bytes, 0..<bytes.count, to: &output, at: Int(piece.offset))
      case .hole: break
      }
    }
    return output
  }

  private static func copy(
    _ source: [UInt8], _ range: Range<Int>, to output: inout [UInt8], at offset: Int
  ) {
    output.withUnsafeMutableBytes { output in
      source.withUnsafeBytes { source in
        UnsafeMutableRawBufferPointer(rebasing: output[offset..<offset + range.count])
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[range]))
      }
    }
  }

  /// What is wrong with the repair of a core that was cut. Empty is good.
  static func problems(cutting bytes: [UInt8], _ whole: ReferenceCore, to size: Int) -> [String] {
    let cut = Array(bytes[..<size])
    do {
      let expected = try CutExpectation(of: whole, cutTo: UInt64(size))
      guard !expected.threads.isEmpty || !expected.surviving.isEmpty else {
        return refusalProblems(cut)
      }
      let rendered = try RenderedRepair(cut)
      let output = try ReferenceCore(rendered.bytes)
      var found = try CutVerdict.problems(of: output, from: whole, cutTo: UInt64(size))
      if try output.undone()?.isIdentical(to: cut) != true { found.append("can't be undone") }
      if try Repair(of: MemorySource(rendered.bytes), options: .init()).isWhole == false {
        found.append("the repaired core is not whole")
      }
      return found
    } catch {
      return ["\(error)"]
    }
  }

  /// A core of which nothing survived is refused as beyond repair, or as no core when it is empty.
  private static func refusalProblems(_ cut: [UInt8]) -> [String] {
    do {
      _ = try Repair(of: MemorySource(cut), options: .init())
      return ["nothing survived, and it is repaired"]
    } catch {
      switch error.kind {
      case .beyondRepair: return error.offset == UInt64(cut.count) ? [] : ["says another offset"]
      case .notACore: return cut.isEmpty ? [] : ["is called no core: \(error)"]
      default: return ["\(error)"]
      }
    }
  }
}
