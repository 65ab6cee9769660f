import ArchiveFormat
import CoreIO
import Salvage
import SalvageArchive
import SystemPackage

/// The ways that make an archive, or take one.
extension Way {
  func archive(_ bytes: [UInt8], _ choice: Choice) throws(SalvageError) {
    var repairing = choice.options
    repairing.extend = .none
    let repair = try Repair(of: MemorySource(bytes), options: repairing)
    var options = ArchiveOptions()
    options.force = true
    options.blockSize = .kib64
    options.contentChecksum = choice[7]
    options.threads = 1
    guard repair.plan.size <= Self.mostRead else { return }
    let draft = try repair.archiveDraft(
      of: Scratch.output, replacing: true, options: options, progress: nil)
    let archive = try InputFile(
      reading: draft.output, named: Scratch.output, size: draft.archived.size)
    demand(try Verification(of: archive, threads: 1).isSound, "what was archived is sound")
    let core = PlanSource(draft.plan, repair.source)
    let restored = try ArchiveSource(archive)
    demand(restored.size == core.size, "an archive has all of the core")
    let count = Int(core.size)
    demand(
      try restored.bytes(at: 0, count: count) == core.bytes(at: 0, count: count),
      "an archive gives back what went in")
  }

  func restore(_ bytes: [UInt8], _ choice: Choice) throws(SalvageError) {
    let file = MemorySource(bytes)
    if self == .verify {
      let found = try Verification(of: file, threads: 1)
      demand(!found.description.isEmpty && !found.json.line.isEmpty, "a verdict has words")
      return
    }
    let source = try ArchiveSource(file)
    // Out of a claim of terabytes come terabytes of holes: that is what the claim means.
    guard source.size <= Self.mostRead else { return }
    let restored = try Restore(of: file, threads: 1).write(
      to: Scratch.output, options: choice.options)
    demand(
      !restored.json(input: "a", output: try? OutputPlace("b")).line.isEmpty,
      "what came out has JSON")
  }
}
