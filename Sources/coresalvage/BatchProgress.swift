internal import SalvageText
internal import SystemPackage

/// How far a batch has come: events go in, the lines for a terminal come out.
struct BatchProgress {
  private struct Work {
    var path: FilePath
    var done: UInt64 = 0
    var size: UInt64
  }

  private var survey = BatchSurvey()
  private var counted: UInt64 = 0
  private var start = monotonicSeconds()
  private var isWorking = false
  private var cores: UInt64 = 0
  private var bytes: UInt64 = 0
  private var waiting = 0
  private var works: [Int: Work] = [:]

  mutating func note(_ event: BatchEvent) {
    switch event {
    case .surveying(let files): counted = files
    case .surveyed(let found):
      survey = found
      start = monotonicSeconds()
      isWorking = true
    case .began(let worker, let path, let size):
      works[worker] = Work(path: path, size: size)
    case .advanced(let worker, let progress): works[worker]?.done = progress.done
    case .written(let worker): works[worker] = nil
    case .finished(let record):
      if [.repaired, .archived, .completed, .slimmed, .copied, .linked].contains(record.outcome) {
        cores += 1
        bytes &+= record.report?.sizeFound ?? 0
      }
    case .ticked(let others): waiting = others
    case .ended: break
    }
  }

  /// The bar, and a line for each core under way.
  func lines(at now: Double) -> [String] {
    guard isWorking else { return ["looking: \(counted) \(counted == 1 ? "file" : "files")"] }
    let done = works.values.reduce(bytes) { $0 &+ min($1.done, $1.size) }
    let share = survey.bytes > 0 ? min(1, Double(done) / Double(survey.bytes)) : 1
    let rate = Double(done) / max(now - start, 0.001)
    let filled = Int(share * 20)
    var bar =
      "[" + String(repeating: "#", count: filled) + String(repeating: ".", count: 20 - filled)
      + "] \(Int(share * 100)) %, \(ByteCount(done)) of \(ByteCount(survey.bytes)),"
      + " \(cores) of \(survey.cores) cores, \(ByteCount(UInt64(rate)))/s"
    if rate > 0, done < survey.bytes {
      bar += ", \(ProgressBar.duration(Double(survey.bytes - done) / rate)) left"
    }
    if works.isEmpty, waiting > 0 { bar += "; waiting for \(waiting) that others are at work on" }
    let under = works.sorted { $0.key < $1.key }.map { _, work in
      let percent =
        work.size > 0 ? Int(Double(min(work.done, work.size)) / Double(work.size) * 100) : 100
      return "  \(percent) % of \(ByteCount(work.size))  \(PrintableText(work.path))"
    }
    return [bar] + under
  }
}
