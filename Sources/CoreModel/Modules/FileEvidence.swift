/// What the memory that survived tells for and against one file that no build-id vouches for, beside its header page.
package struct FileEvidence: Hashable, Sendable {
  /// How often something agrees with the file, and how often it does not.
  package struct Tally: Hashable, Sendable {
    package var agreeing = 0
    var differing = 0

    package var count: Int { agreeing + differing }

    package mutating func add(_ agrees: Bool) {
      if agrees { agreeing += 1 } else { differing += 1 }
    }
  }

  /// Addresses on the stacks that are nothing but return addresses, as far as can be told: whether a call stands before
  /// each in the file. Where none does and another reason is known why it is there, it is not counted; of those without
  /// one no more than one counts of each function.
  package var calls = Tally()
  /// Threads in system calls: whether they stand behind such an instruction in the file.
  var systemCalls = Tally()
  /// Pointers of other modules to what this one offers: whether it lies there in the file.
  var symbols = Tally()
  /// Pointers in its data that were relocated, and never changed afterwards: whether the file makes them the same.
  var fixedPointers = Tally()
  /// The same in data that the process may have changed (OpenSSL sorts a table of its own): those never speak against it.
  var pointers = Tally()
  /// Pages that the process did not write to, byte by byte.
  package var pages = Tally()
  /// Whether the build-id that survived apart from the header page is the file's; nil where none did.
  var hasSameBuildID: Bool?

  /// Why the file can't be the one that was mapped; nil where nothing says so. `subject` is what it is called.
  func contradiction(_ subject: FileSubject) -> String? {
    let file = subject.words
    if hasSameBuildID == false {
      return subject.words(forOther: "\(file) has another build-id")
    }
    if pages.differing > 0 {
      return subject.words(
        forOther: "of \(file) \(words(pages)) pages differ from those that survived")
    }
    if fixedPointers.differing * 20 > fixedPointers.agreeing {
      return "another build: \(words(fixedPointers)) pointers in its read-only data"
        + " lead elsewhere than those of \(file)"
    }
    if symbols.differing * 5 >= max(1, symbols.agreeing) {
      return "another build: \(words(symbols)) functions and variables that others use"
        + " lie elsewhere in \(file)"
    }
    if systemCalls.differing > 0 {
      return "another build: where threads are in system calls, \(file) has none"
    }
    if contradictsCalls {
      return "another build: before \(words(calls)) return addresses on the stacks"
        + " \(file) has no call"
    }
    return nil
  }

  /// A word whose reason is not known may stand on any stack. More, of as many functions, are too many where they are more
  /// than a few of all, and one is where nothing else tells anything: then no frame would get a right name.
  private var contradictsCalls: Bool {
    let (differing, agreeing) = (calls.differing, calls.agreeing)
    return differing >= 3 && differing * 8 > agreeing || differing == 2 && agreeing < 8
      || differing == 1 && agreeing == 0 && points == 0
  }

  private func words(_ tally: Tally) -> String { "\(tally.differing) of \(tally.count)" }

  /// Whether so much agrees that chance does not explain it: a call stands before 1 address of some 15, a function
  /// begins at 1 of some hundreds.
  ///
  /// Of the right files of a hundred programs no return address differed, but of a build in which only the functions
  /// moved that few frames are in, as few differ.
  var isEnough: Bool {
    let callsFit = calls.differing * 32 <= calls.agreeing
    return points + (callsFit ? calls.agreeing : 0) >= (callsFit ? 4 : 8)
  }

  /// What the file is known by together with what it was known by before.
  func verification(_ known: ModuleVerdict.Verification) -> ModuleVerdict.Verification {
    if hasSameBuildID == true { return .buildID }
    return known == .layout && isEnough ? .evidence : known
  }

  /// Whether it is enough for a file that took the place of the one that was mapped, and may be the same only if someone
  /// put it there twice: then nothing may differ, and the frames that debuggers will name must have been looked at.
  var isEnoughForDeleted: Bool {
    points + calls.agreeing >= 8 && (calls.agreeing >= 4 || pages.agreeing > 0)
      && calls.differing == 0
      && symbols.differing == 0 && fixedPointers.differing == 0
  }

  /// What agrees beside return addresses, by how much it tells.
  private var points: Int {
    if hasSameBuildID == true { return 100 }
    let changed = pointers.agreeing > 9 * pointers.differing ? pointers.agreeing / 4 : 0
    return 2 * systemCalls.agreeing + symbols.agreeing + fixedPointers.agreeing / 2 + changed
      + 4 * pages.agreeing
  }

  /// What agrees, for people; empty where nothing was there to ask.
  package var words: String {
    var parts: [String] = []
    func add(_ tally: Tally, _ noun: String) {
      if tally.count > 0 { parts.append("\(tally.agreeing) of \(tally.count) \(noun)") }
    }
    if hasSameBuildID == true { parts.append("the build-id") }
    add(pages, "pages")
    add(fixedPointers, "pointers in its read-only data")
    add(pointers, "pointers in its data")
    add(symbols, "functions and variables that others use")
    add(systemCalls, "places of system calls")
    add(calls, "return addresses on the stacks")
    guard let last = parts.last else { return "" }
    let list = parts.count == 1 ? last : parts.dropLast().joined(separator: ", ") + " and " + last
    return list + " agree with it"
  }
}
