package import CoreIO
internal import CoreModel
internal import Salvage

extension FoundFile {
  /// Opens it as a core: see `InputFile.core`.
  ///
  /// - Parameter inTurn: whether somebody else's lock is waited for; who only counts has no need to.
  package func open(inTurn: Bool = true) throws(SalvageError) -> InputFile {
    try InputFile(
      owning: folder.open(name, path: path), path, inTurn: inTurn, extent: InterruptedWork.size)
  }

  /// Throws what a file is instead that is no core.
  func refuse() throws(SalvageError) { _ = try Probe.structure(of: open()) }
}
