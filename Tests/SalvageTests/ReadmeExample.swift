import Salvage

/// The example of README.md, word for word, so that it is compiled.
func readmeExample() {
  do {
    let repair = try Repair(of: "in.core")
    print(repair.report)
    for loss in repair.report.lost { print(loss.what, loss.range.length, "bytes") }
    let written = try repair.write(to: "out.core")
    print("out.core has \(written.size) bytes")
  } catch {
    print(error)  // a SalvageError: file, offset, what was expected and what was found
  }
}
