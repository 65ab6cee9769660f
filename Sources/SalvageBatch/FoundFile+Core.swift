package import CoreIO
internal import CoreModel
internal import Salvage

extension FoundFile {
  /// Opens it as a core: see `InputFile.core`.
  package func open() throws(SalvageError) -> InputFile {
    try InputFile(
      owning: folder.open(name, path: path), path, inTurn: true, extent: InterruptedWork.size)
  }

  /// Throws what a file is instead that is no core.
  func refuse() throws(SalvageError) { _ = try Probe.structure(of: open()) }
}
