import CoreIO
import Salvage

/// A way into the library that bytes of a stranger come, one for each command that reads some.
///
/// None may trap, hang, or take memory that a number in the bytes asks for; what else must hold is said there.
public enum Way: String, CaseIterable, Sendable {
  case repair, inspect, check, note, undo, inPlace, archive, restore, verify, cat, map, stream,
    module, json, slim

  /// Takes an input: its first byte chooses the way unless `way` is given, its second the options, and the rest are the
  /// stranger's bytes.
  public static func take(_ input: [UInt8], as way: Way? = nil) {
    guard input.count >= 2 else { return }
    let chosen = way ?? allCases[Int(input[0]) % allCases.count]
    let bytes = Array(input[2...])
    do throws(SalvageError) {
      try chosen.take(bytes, Choice(input[1]))
    } catch {
      // Words of an error may be made of the bytes too.
      demand(!error.description.isEmpty, "an error has words")
    }
  }

  private func take(_ bytes: [UInt8], _ choice: Choice) throws(SalvageError) {
    switch self {
    case .repair: try repair(bytes, choice)
    case .inspect, .check: try inspect(bytes, choice)
    case .note: try note(bytes)
    case .undo: try undo(bytes)
    case .inPlace: try inPlace(bytes, choice)
    case .archive: try archive(bytes, choice)
    case .restore, .verify: try restore(bytes, choice)
    case .cat: try cat(bytes)
    case .map: try map(bytes, choice)
    case .stream: try stream(bytes, choice)
    case .module: try module(bytes, choice)
    case .json: json(bytes)
    case .slim: try slim(bytes, choice)
    }
  }
}

/// Options, chosen by the bits of a byte.
struct Choice {
  let bits: UInt8

  init(_ bits: UInt8) { self.bits = bits }

  var options: RepairOptions {
    var options = RepairOptions()
    options.lostMemory = RepairOptions.LostMemory.allCases[Int(bits & 3) % 3]
    if bits & 4 != 0 { options.extend = .none }
    if bits & 8 != 0 { options.keepMappings = true }
    if bits & 16 != 0 { options.intake.zeroTail = .lost }
    if bits & 32 != 0 { options.withFiles = .all }
    if bits & 64 != 0 { options.intake.lostRanges = [4096..<8192, 100..<140] }
    if bits & 3 == 3 {
      options.intake.shifts = .mend
      options.intake.zeroRuns = .lost(from: 16)
      options.intake.holes = .lost
    }
    options.intake.acceptsGrowing = true
    options.intake.temporaryFolder = Scratch.folder
    options.force = true
    return options
  }

  subscript(_ bit: UInt8) -> Bool { bits >> bit & 1 != 0 }
}

/// Ends the process where something does not hold that must.
func demand(_ condition: Bool, _ words: String) {
  if !condition { fatalError("it does not hold that \(words)") }
}
