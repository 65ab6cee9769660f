internal import ArgumentParser
internal import SalvageCapture
internal import SalvageText
internal import SystemPackage

/// Where captured cores are kept, and how many.
struct StoreFlags: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The folder for cores; it is made where it is not there.", valueName: "folder"),
    completion: .directory)
  var store = FileArgument.usualStore

  @Option(
    help: ArgumentHelp(
      "How much of the disk cores may take, the oldest make room: 20G, 500M; else all there is.",
      valueName: "size"))
  var maxUse: ByteCountArgument?

  @Option(
    help: ArgumentHelp(
      "How much of the file system stays free, the oldest make room; else a twentieth, at most 4G.",
      valueName: "size"))
  var keepFree: ByteCountArgument?

  @Option(
    help: ArgumentHelp(
      "After which time a core is removed: 90s, 10min, 36h, 14d; else never.", valueName: "duration"
    ))
  var maxAge: TimeSpan?

  @Option(
    help: ArgumentHelp(
      "How many crashes of any minute are captured, the others counted; 0 for all.", valueName: "n")
  )
  var perMinute = StoreOptions().perMinute

  @Option(
    help: ArgumentHelp("How many of them of one program and user; 0 for all.", valueName: "n"))
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
