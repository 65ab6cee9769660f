import SalvageBatch

func repairAll(in folder: String, into output: String) throws -> Bool {
  var options = BatchOptions(output: output)
  options.recursive = true
  let tally = try Batch(of: [folder], options: options).run { event in
    switch event {
    case .surveyed(let survey): print("\(survey.cores) cores, \(survey.bytes) bytes")
    case .advanced(let worker, let state): print("\(worker): \(state.done) of \(state.total)")
    case .finished(let record) where record.outcome.isCore:
      print("\(PrintableText(record.input)): \(record.outcome)")
    default: break
    }
  }
  return tally.isComplete
}
