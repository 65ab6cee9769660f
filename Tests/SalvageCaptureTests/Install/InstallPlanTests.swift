import CoreIO
import SystemPackage
import TestSupport
import Testing

@testable import SalvageCapture

@Suite("What installing will do")
struct InstallPlanTests {
  private let full = DumpMachine(modes: ["file", "pipe", "socket"], hasSystemd: true)

  private func options(_ change: (inout InstallOptions) -> Void = { _ in }) -> InstallOptions {
    var options = InstallOptions(program: "/usr/bin/coresalvage")
    change(&options)
    return options
  }

  @Test("auto is a socket where kernel and systemd allow, else a pipe")
  func auto() throws {
    #expect(try InstallPlan(options(), on: full).mode == .socket)
    let old = DumpMachine(modes: nil, hasSystemd: true)
    #expect(try InstallPlan(options(), on: old).mode == .pipe)
    let other = DumpMachine(modes: ["file", "pipe", "socket"], hasSystemd: false)
    #expect(try InstallPlan(options(), on: other).mode == .pipe)
    for machine in [old, other] {
      #expect(throws: SalvageError.self) {
        try InstallPlan(options { $0.mode = .socket }, on: machine)
      }
    }
  }

  @Test("a pattern never is longer than the kernel takes, and its words then stand in a file")
  func longPattern() throws {
    let pipe = options { $0.mode = .pipe }
    let short = try InstallPlan(pipe, on: full)
    #expect(
      short.pattern
        == "|/usr/bin/coresalvage capture pipe --store=/var/lib/coresalvage %P %p %I %i %s %u %g %d %t"
    )
    #expect(short.files.map(\.path) == [InstallPlan.sysctlFile])
    for length in 1...300 {
      let store = FilePath("/" + String(repeating: "x", count: length))
      let plan = try InstallPlan(
        options {
          $0.mode = .pipe; $0.store = store
        }, on: full)
      #expect(plan.pattern.utf8.count <= DumpSettings.longestPattern)
      let text = plan.files.map { "\($0.content)" }.joined()
      #expect(text.contains("--store=\(store)"))
    }
  }

  @Test(
    "words that a pattern would cut or expand stand in a file",
    arguments: ["/my cores", "/a%p", "/a\"b"])
  func oddStore(_ store: String) throws {
    let plan = try InstallPlan(
      options {
        $0.mode = .pipe; $0.store = FilePath(store)
      }, on: full)
    #expect(
      plan.pattern.hasPrefix(
        "|/usr/bin/coresalvage capture pipe-by /etc/coresalvage/capture.conf %P"))
    guard case .text(let text) = plan.files[0].content else { throw ReferenceError("no text") }
    #expect(text.split(separator: "\n").dropFirst() == ["--store=\(store)"])
  }

  @Test(
    "a path that nothing can name is refused",
    arguments: ["/a b/coresalvage", "/a%/coresalvage", "rel", "/a\n"])
  func oddProgram(_ program: String) {
    #expect(throws: SalvageError.self) {
      try InstallPlan(
        options {
          $0.mode = .pipe; $0.program = FilePath(program)
        }, on: full)
    }
  }

  /// From another mount namespace than the first, Linux takes no socket in core_pattern.
  @Test("the service of a socket has no mount namespace of its own")
  func unitWithoutNamespace() {
    let unit = ServiceUnit.text(
      program: "/usr/bin/coresalvage", store: "/var/lib/coresalvage", words: [], masked: [])
    let names = unit.split(separator: "\n").compactMap { $0.split(separator: "=").first }
    #expect(names.contains("ExecStart"))
    let separating: Set<Substring> = [
      "ProtectSystem", "ProtectHome", "ProtectProc", "ProcSubset", "ProtectKernelTunables",
      "ProtectKernelModules", "ProtectKernelLogs", "ProtectControlGroups", "PrivateTmp",
      "PrivateDevices", "PrivateMounts", "PrivateUsers", "MountFlags", "MountAPIVFS",
      "ReadWritePaths", "ReadOnlyPaths", "InaccessiblePaths", "ExecPaths", "NoExecPaths",
      "BindPaths", "BindReadOnlyPaths", "TemporaryFileSystem", "RootDirectory", "RootImage",
      "DynamicUser",
    ]
    #expect(separating.isDisjoint(with: names))
  }

  @Test("a unit's words are quoted as systemd reads them, and read again")
  func quoting() {
    #expect(SystemdWord.quoted("--store") == "--store")
    #expect(SystemdWord.quoted("/a b%$\"\\") == #""/a b%%$$\"\\""#)
    #expect(SystemdWord.quoted("") == "\"\"")
    for path in ["/a", "/a b", "/a%p", "/a\"\\x", "/$x"] {
      #expect(SystemdWord.plain(SystemdWord.path(path)) == path)
    }
  }

  @Test("whose a pattern is")
  func owners() {
    func owner(_ text: String) -> PatternOwner { PatternOwner(Array(text.utf8)) }
    #expect(owner("@@/run/coresalvage/capture.sock") == .ourSocket("/run/coresalvage/capture.sock"))
    #expect(owner("|/opt/x/coresalvage capture pipe --store=/x %P") == .ourPipe)
    #expect(owner("|/usr/lib/systemd/systemd-coredump %P %u") == .known("systemd-coredump"))
    #expect(owner("@@/run/systemd/coredumpd/kernel") == .known("systemd-coredump"))
    #expect(owner("|/usr/share/apport/apport -p%p") == .known("apport"))
    #expect(owner("|/usr/libexec/abrt-hook-ccpp %s") == .known("abrt"))
    #expect(owner("|/bin/x y") == .program(Array("/bin/x".utf8)))
    #expect(owner("|coresalvage inspect") == .program(Array("coresalvage".utf8)))
    #expect(owner("core.%p") == .file(Array("core.%p".utf8)))
    #expect(owner("") == .nobody)
    #expect(owner("|") == .nobody)
  }

  @Test("a listener is known in the kernel's table, a mere connection is none")
  func listener() {
    let path = Array("/run/a b".utf8)
    func isListener(_ line: String) -> Bool {
      CaptureStatus.isListener(Array(line.utf8)[...], at: path)
    }
    #expect(isListener("0000000000000000: 00000002 00000000 00010000 0001 01 23306 /run/a b"))
    #expect(!isListener("0000000000000000: 00000003 00000000 00000000 0001 03 23306 /run/a b"))
    #expect(!isListener("0000000000000000: 00000002 00000000 00010000 0001 01 23306 /run/a"))
    #expect(!isListener("0: 2 0 99999999999 1 1 2 /run/a b"))
    #expect(!isListener(""))
  }
}
