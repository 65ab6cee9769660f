import SystemPackage
import TestSupport
import Testing

/// Commands whose outputs are kept in `Fixtures/golden/NAME.txt`.
struct GoldenCase: Sendable, CustomTestStringConvertible {
  let name: String
  /// True if bytes that liblz4 makes are in it: another version of it may make others.
  var isPacked = false
  let commands: @Sendable (GoldenTranscript) throws -> Void

  var testDescription: String { name }

  /// What keeps files of this machine out of it, and of a repair the abilities of its file system, too.
  static let sysroot = ["--sysroot", "machine"]
  static let apart = sysroot + ["--reflink", "never"]
  static let all = cores + archives + others + pages + helps

  /// Every core of `Fixtures/`: what is said of it, and what becomes of it.
  static let cores = SampleCores.fixtureNames.map { core in
    GoldenCase(name: String(core.dropLast(5))) {
      try $0.addMachine()
      try $0.addFixture(core)
      try $0.run(["check", core])
      for form in [[], ["--json"]] { try $0.run(["inspect", "--no-local-files"] + form + [core]) }
      try $0.run(apart + ["--dry-run", core, "out.core"])
      try $0.run(apart + [core, "out.core"])
      try $0.digest("out.core")
      try $0.run(apart + ["--json", "--force", core, "out.core"])
      try $0.run(["check", "out.core"])
      for form in [[], ["--json"]] { try $0.run(["note"] + form + ["out.core"]) }
      try $0.copy(core, to: "place.core")
      try $0.run(apart + ["--in-place", "place.core"])
      try $0.digest("place.core")
      try $0.run(["undo", "place.core"])
      try $0.digest(core, "place.core")
    }
  }

  /// The same cores in archives.
  static let archives = SampleCores.fixtureNames.map { core in
    GoldenCase(name: "archive." + core.dropLast(5), isPacked: true) {
      try $0.addMachine()
      try $0.addFixture(core)
      try $0.run(["archive"] + sysroot + ["--label", "site=here", core, "out.lz4"])
      try $0.digest("out.lz4")
      try $0.run(["check", "out.lz4"])
      try $0.run(["verify", "out.lz4"])
      try $0.run(["verify", "--json", "out.lz4"])
      try $0.run(["note", "out.lz4"])
      try $0.run(["restore", "out.lz4", "restored.core"])
      try $0.digest("restored.core")
    }
  }
}
