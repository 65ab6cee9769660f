internal import ArgumentParser
internal import SalvageCapture
internal import SalvageText
internal import SystemPackage

/// Where captured cores are kept, and how many.
struct StoreFlags: ParsableArguments {
  @Option(help: "The folder for cores; it is made where it is not there.", completion: .directory)
  var store = FileArgument.usualStore

  @Option(
    help: "How much of the disk cores may take, the oldest make room: 20G, 500M; else all there is."
  )
  var maxUse: ByteCountArgument?

  @Option(
    help:
      "How much of the file system stays free, the oldest make room; else a twentieth, at most 4G.")
  var keepFree: ByteCountArgument?

  @Option(help: "After which time a core is removed: 90s, 10min, 36h, 14d; else never.")
  var maxAge: TimeSpan?

  @Option(help: "How many crashes of any minute are captured, the others counted; 0 for all.")
  var perMinute = StoreOptions().perMinute

  @Option(help: "How many of them of one program and user; 0 for all.")
  var perProgram = StoreOptions().perProgram

  @Flag(help: "Archive cores once they are complete.")
  var archive = false

  func validate() throws {
    guard perMinute >= 0, perProgram >= 0 else {
      throw ValidationError("--per-minute and --per-program are 0 or more")
    }
  }

  func opened() throws -> CaptureStore {
    var options = StoreOptions()
    options.maxUse = maxUse?.bytes
    options.keepFree = keepFree?.bytes
    options.maxAge = maxAge?.seconds
    options.perMinute = perMinute
    options.perProgram = perProgram
    options.archive = archive
    return try CaptureStore(store.path, options)
  }
}

/// A number of bytes with or without K, M, G or T (of 1024).
struct ByteCountArgument: ExpressibleByArgument {
  let bytes: UInt64

  init?(argument: String) {
    let units: [Character: UInt64] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40]
    let unit = argument.last.flatMap { units[$0] }
    let digits = unit == nil ? argument[...] : argument.dropLast()
    guard let count = NumberArgument(argument: String(digits))?.value,
      case (let bytes, false) = count.multipliedReportingOverflow(by: unit ?? 1)
    else { return nil }
    self.bytes = bytes
  }
}
