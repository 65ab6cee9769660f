internal import ArgumentParser
internal import SalvageText
internal import SystemPackage

/// `coresalvage inspect CORE…`
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", _superCommandName: "coresalvage",
    abstract: "Print what a core is, what survives of it, and why it was cut.")

  @Argument(help: "Cores, cut, whole or repaired.")
  var cores: [FileArgument]

  @Option(
    help: ArgumentHelp(
      "Write a page with pictures and tables; - for standard output.", valueName: "file"))
  var html: FileArgument?

  @Flag(
    name: .shortAndLong,
    help: "Replace a file that is no page of coresalvage; pages are made anew without it.")
  var force = false

  @Flag(help: "List every thread, module and lost range; as --verbose.")
  var all = false

  @Flag(
    help: """
      List the files that the process had mapped, which of them are here, and the commands that fetch the others: \
      what somebody needs who reads the core elsewhere.
      """)
  var needs = false

  @Option(
    help: """
      A folder that stands for the root of the core's machine, with a .build-id tree or without. Can be given \
      several times; files of this machine are then not looked at.
      """,
    completion: .directory)
  var sysroot: [FileArgument] = []

  // A status may be negative: -9 is no option then.
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The status that the parent of the process saw, as waitpid or a shell tells it.",
      valueName: "n"))
  var exitStatus: Int32?

  @Flag(
    inversion: .prefixedNo,
    help: "Compare modules with the files of this machine, and name functions by them.")
  var localFiles = true

  @Option(help: "When text has colours; auto: on a terminal.")
  var color = ColorChoice.auto

  @OptionGroup var telling: ReportFlags

  @OptionGroup var detail: VerboseFlag

  func validate() throws {
    guard !needs || localFiles else {
      throw ValidationError("--needs looks at the files that --no-local-files leaves alone")
    }
    guard sysroot.isEmpty || localFiles else {
      throw ValidationError("--sysroot names files that --no-local-files leaves alone")
    }
    guard !needs || html == nil || telling.json else {
      throw ValidationError("--needs is for text and --json; a page has no place for it")
    }
    try telling.check(page: html)
  }

  func run() throws {
    let place = try html.map { try OutputPlace($0.path) }
    Console.begin(with: nil, to: place)
    var options = Inspection.Options()
    options.exitStatus = exitStatus
    options.readsLocalFiles = localFiles
    options.listsNeeds = needs
    options.sysroots = sysroot.map(\.path)
    let terminal = Terminal(color)
    var worst = ExitStatus.done
    var page = HTMLPage()
    for (index, core) in cores.enumerated() {
      do {
        let inspection = try Inspection(of: core.path, options: options)
        if place == nil || telling.json { show(inspection, terminal, isFirst: index == 0) }
        if place != nil { page.add(inspection) }
        // A page that shows the damage is what was asked for: whoever opens it next wants to see it.
        if !inspection.isWhole || inspection.isInDamagedBundle, place == nil || telling.json {
          worst = worst.worse(.damage)
        }
        if let failure = inspection.report.readFailure {
          Console.complain(failure.advised)
          worst = worst.worse(.system)
        }
      } catch {
        // One file that is no core doesn't end the run, but decides its status.
        worst = worst.worse(Console.tell(error, of: core.path, isJSON: telling.json))
        page.add(error)
      }
    }
    if let place {
      try page.write(to: place, cores: cores.map(\.path), force: force)
      if !place.isStream, !telling.quiet, !telling.json {
        Console.print(
          "page written to \(PrintableText(place.name))\nnext: xdg-open \(ShellWord(place.path))")
      }
    }
    if worst != .done { throw worst }
  }

  private func show(_ inspection: Inspection, _ terminal: Terminal, isFirst: Bool) {
    var lines = isFirst ? [] : [""]
    if let needs = inspection.needs {
      lines += [inspection.headlineText] + needs.lines
    } else {
      let strip = MemoryStrip(inspection, width: terminal.width - 2, hasColour: terminal.hasColour)
      lines.append(inspection.text(all: all || detail.verbose, strip: strip.lines))
    }
    telling.say(inspection.json, lines)
  }
}

/// When text has colours.
enum ColorChoice: String, CaseIterable, ExpressibleByArgument {
  case auto, always, never
}
