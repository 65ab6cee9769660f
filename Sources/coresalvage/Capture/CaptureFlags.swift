public import ArgumentParser
public import SalvageCapture
internal import SalvageText

extension CaptureOptions.Release: @retroactive ExpressibleByArgument {}

/// How captures are done.
struct CaptureFlags: ParsableArguments {
  @Option(
    help: """
      held: a process that crashed goes once its memory is saved. early: once its registers are, where memory allows, so \
      that a restart needn't wait.
      """)
  var release = CaptureOptions.Release.held

  @Option(
    help: ArgumentHelp(
      "How long memory may outlive a process that was killed: 90s, 10min, 1h.",
      valueName: "duration"))
  var pinLimit = TimeSpan(seconds: 1800)

  @Flag(help: "Don't keep memory alive: what a kill takes is lost.")
  var noPin = false

  @Flag(help: "Save code and read-only data of files too, for machines that don't have them.")
  var complete = false

  var options: CaptureOptions {
    var options = CaptureOptions()
    options.release = release
    options.pinLimit = noPin ? 0 : pinLimit.seconds
    options.isComplete = complete
    return options
  }
}

/// A number of seconds, as people write it: with its unit, for a bare number may be meant for days; 0 is 0 of any.
struct TimeSpan: ExpressibleByArgument {
  let seconds: UInt64

  init(seconds: UInt64) { self.seconds = seconds }

  init?(argument: String) {
    let digits = argument.prefix { $0.isASCII && $0.isNumber }
    guard let count = UInt64(digits), count == 0 || digits.count < argument.count else {
      return nil
    }
    let units: [Substring: UInt64] = [
      "": 1, "s": 1, "min": 60, "m": 60, "h": 3600, "d": 86400,
    ]
    guard let unit = units[argument.dropFirst(digits.count)],
      case (let seconds, false) = count.multipliedReportingOverflow(by: unit),
      seconds <= UInt64(UInt32.max)
    else { return nil }
    self.seconds = seconds
  }

  var defaultValueDescription: String {
    seconds % 60 == 0 && seconds > 0 ? "\(seconds / 60)min" : "\(seconds)s"
  }
}
