internal import ArgumentParser
internal import SalvageText

/// `heap,globals`, or `all`.
struct MemoryKindsArgument: ExpressibleByArgument {
  let kinds: Set<SlimOptions.Kind>

  init?(argument: String) {
    let words = argument.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard words != ["all"] else {
      kinds = Set(SlimOptions.Kind.allCases)
      return
    }
    let kinds = words.compactMap(SlimOptions.Kind.init)
    guard kinds.count == words.count else { return nil }
    self.kinds = Set(kinds)
  }

  static var allValueStrings: [String] { SlimOptions.Kind.allCases.map(\.rawValue) + ["all"] }
}

/// What of a core's memory is kept, as typed.
struct SlimFlags: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      What is kept besides 8 MiB of each stack, with commas: stacks, however long; heap, anonymous, globals, code, shared, files, environment; or all.
      """, valueName: "kinds"))
  var keep: [MemoryKindsArgument] = []

  @Option(
    help: ArgumentHelp(
      "What is left out, of the same kinds and stacks. It comes before --keep.", valueName: "kinds")
  )
  var drop: [MemoryKindsArgument] = []

  @Option(
    help: ArgumentHelp(
      "Memory that is kept, by its address; several with commas, or given again.",
      valueName: "address:length"))
  var keepRange: [LostRangeArgument] = []

  @Option(
    help: ArgumentHelp(
      "Memory that is left out, whatever else is kept.", valueName: "address:length"))
  var dropRange: [LostRangeArgument] = []

  @Option(
    help: ArgumentHelp(
      """
      How long the output may be, with K, M or G: stacks come first, then what pointers on them lead to, then what \
      --keep names.
      """, valueName: "size"))
  var maxSize: ByteCountArgument?

  @Option(
    help: ArgumentHelp(
      """
      How many pointers, one after another, may lead from a stack to pages that are kept: 3 with --max-size, else 0.
      """, valueName: "n"))
  var depth: Int?

  func validate() throws {
    guard depth.map({ (0...64).contains($0) }) ?? true else {
      throw ValidationError("--depth is 0 to 64")
    }
  }

  /// Refuses what has no meaning: these without a slim core, and of a repair what a slim core has none of.
  func check(
    isSlim: Bool, _ flags: RepairFlags, _ reflink: RepairOptions.Reflink = .auto
  ) throws {
    guard isSlim else {
      guard options == SlimOptions() else {
        throw ValidationError("--keep, --drop, --max-size and --depth are for --slim")
      }
      return
    }
    guard flags.extend == nil, flags.lost == .drop, reflink == .auto else {
      throw ValidationError(
        "A slim core has no place for lost memory and shares no data: --extend, --lost and --reflink don't go with --slim"
      )
    }
  }

  /// The options, as meant.
  var options: SlimOptions {
    var options = SlimOptions()
    for argument in keep { options.kinds.formUnion(argument.kinds) }
    for argument in drop { options.kinds.subtract(argument.kinds) }
    options.keepsWholeStacks =
      keep.contains { $0.kinds.contains(.stacks) } && options.kinds.contains(.stacks)
    options.keptRanges = keepRange.flatMap(\.ranges)
    options.droppedRanges = dropRange.flatMap(\.ranges)
    options.mostBytes = maxSize?.bytes
    options.depth = depth ?? (maxSize == nil ? 0 : 3)
    return options
  }
}
