import CoreIO
import CoreModel
import ELFCore
import Salvage
import SystemPackage

/// The ways that change a file, or go through one.
extension Way {
  func undo(_ bytes: [UInt8]) throws(SalvageError) {
    Scratch.put(bytes)
    _ = try Undo(InPlaceFile(Scratch.input))
  }

  func inPlace(_ bytes: [UInt8], _ choice: Choice) throws(SalvageError) {
    var options = choice.options
    // A due size of terabytes is a hole; none is needed to try the rest.
    if choice[7] { options.extend = .none }
    Scratch.put(bytes)
    let written = try Repair.inPlace(InPlaceFile(Scratch.input), options: options)
    demand(!written.json(output: try? OutputPlace("in")).line.isEmpty, "what was written has JSON")
    let isRepair = !written.report.isWhole && !written.wasResumed
    guard isRepair else { return }
    _ = try Undo(InPlaceFile(Scratch.input))
    demand(Scratch.holds(bytes), "an undo gives back what was there")
  }

  func stream(_ bytes: [UInt8], _ choice: Choice) throws(SalvageError) {
    Scratch.put(bytes)
    let options = choice.options
    let intake = try Intake.open(
      .core(Scratch.input), options: options.intake, archives: choice[7] ? .lazily : .wholly,
      spooling: choice[5] ? .packed : .plain
    ) { _ throws(SalvageError) in try UnnamedFile(in: Scratch.folder) }
    let repair = try Repair(of: intake, options: options)
    demand(!repair.report.description.isEmpty, "a report has words")
    demand(!repair.json.line.isEmpty, "a report has JSON")
  }

  /// The file of a program that a stranger named.
  func module(_ bytes: [UInt8], _ choice: Choice) throws(SalvageError) {
    let file = MemorySource(bytes)
    if let headers = ImageHeaders(bytes.span) {
      let addresses: [UInt64] = [0, 0x1000, 0x1234, 0x40_1000, 1 << 63, .max]
      _ = SymbolTable(file, headers.header).matches(addresses)
      for segment in headers.programHeaders.prefix(8) where segment.fileOffset < bytes.count {
        let part = Array(bytes[Int(segment.fileOffset)...])
        let table = FrameTable(part, at: segment.address, in: headers.format)
        for address in addresses {
          demand(table?.function(before: address) ?? 0 <= address, "a function begins before")
        }
      }
    }
    if let sections = try ImageSections(file) {
      _ = try (sections.buildID(), sections.debugLink(), sections.sharedDebugLink())
      _ = sections.haveDebugInformation
    }
    Scratch.put(bytes)
    var options = choice.options
    options.program = Scratch.input
    let repair = try Repair(of: SampleCore.unnamed, options: options)
    demand(!repair.report.description.isEmpty, "a report has words")
  }
}
