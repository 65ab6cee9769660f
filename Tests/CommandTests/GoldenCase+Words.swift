import TestSupport

extension GoldenCase {
  /// Pages: one core, several, and archives among them.
  static let pages = [
    page(of: ["bakery.sorted-memory.core"], in: "page.one"),
    page(
      of: ["clock-32.fsize-libraries.core", "clock-static.whole.core", "quilt.rlimit-table.core"],
      in: "page.several"),
    page(of: ["archive.version-1.core.lz4"], in: "page.archive"),
  ]

  private static func page(of cores: [String], in name: String) -> GoldenCase {
    GoldenCase(name: name) {
      for core in cores { try $0.addFixture(core) }
      try $0.run(["inspect", "--no-local-files", "--html", "page.html"] + cores, output: "text")
      try $0.show("page.html")
    }
  }

  /// What the command says of itself, and of each of its subcommands.
  static let helps = [
    "", "repair", "undo", "batch", "inspect", "check", "note", "archive", "bundle", "restore",
    "verify", "cat",
  ].map { command in
    GoldenCase(name: command.isEmpty ? "help" : "help.\(command)") {
      try $0.run((command.isEmpty ? [] : [command]) + ["--help"])
    }
  }

  /// What is not done, and how that is said.
  static let refusals = GoldenCase(name: "refusals") {
    try $0.addMachine()
    let core = "clock-32.fsize-libraries.core"
    for name in [core, "clock-32.whole.core", "quilt.rlimit-table.core"] {
      try $0.addFixture(name)
    }
    try $0.add(Array("no core\n".utf8), as: "text")
    try $0.add([], as: "empty")
    try $0.add(Array($0.bytes(of: core).prefix(40)), as: "tiny")
    try $0.copy(core, to: "exists.core")
    let refused = [
      "text out.core", "--json text out.core", "empty out.core", "tiny out.core",
      "machine/srv/demo/bakery out.core", "machine out.core", "missing.core out.core",
      "quilt.rlimit-table.core out.core", "\(core) exists.core", "\(core) \(core)",
      "--force \(core) \(core)", "\(core) missing/out.core", "\(core) machine", core, "",
      "--no-such-option \(core) out.core", "--lost keep \(core) out.core",
      "--in-place \(core) out.core", "--in-place text", "--in-place --json missing.core",
      "--lost-range 5 \(core) out.core", "--mapfile text \(core) out.core",
      "--sysroot missing \(core) out.core", "--json batch machine", "undo \(core)", "undo text",
      "undo missing.core", "note clock-32.whole.core", "note text", "note missing.core",
      "check text missing.core clock-32.whole.core \(core)", "check --quiet \(core)",
      "inspect text missing.core", "inspect --json text", "inspect --exit-status no \(core)",
      "archive text out.lz4", "archive --label no \(core) out.lz4", "archive \(core) exists.core",
      "restore \(core) out.core", "restore missing.lz4 out.core", "verify \(core)",
      "verify machine",
      "verify --json text", "cat \(core) 0x0 16", "cat \(core) here 16", "cat text 0 16",
      "batch missing -o out", "batch machine", "batch machine -o machine", "batch -o out",
      "batch machine -o out --shard 3/2", "no-such-command",
    ]
    for arguments in refused {
      try $0.run(arguments.split(separator: " ").map(String.init))
    }
    try $0.digest(core, "exists.core")
  }
}
