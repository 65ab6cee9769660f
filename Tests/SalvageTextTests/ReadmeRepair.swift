import Salvage

func repairCore(_ input: String, to output: String) {
  do {
    let repair = try Repair(of: input)
    print(repair.report)
    for loss in repair.report.lost { print(loss.what, loss.range.length, "bytes") }
    let written = try repair.write(to: output)
    print("\(output) has \(written.size) bytes")
  } catch {
    print(error)  // a SalvageError: file, offset, what was expected and what was found
  }
}
