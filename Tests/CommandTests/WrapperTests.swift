import Glibc
import SystemPackage
import TestSupport
import Testing

/// Cores as people send them: in what they came in. What each is gets a line, with the command to type, which works.
@Suite("a core in a wrapper")
struct WrapperTests {
  private static func place() throws -> ScratchFolder {
    let folder = try ScratchFolder()
    try folder.write(CoreBuilder.typical().build().cut(to: 20_000), to: "x.core")
    return folder
  }

  private static func shell(_ line: String, _ folder: ScratchFolder) throws -> ToolResult {
    var tool = Tool("bash", ["-o", "pipefail", "-c", line])
    tool.folder = folder.path
    let binary = Tool.coresalvagePath.removingLastComponent()
    tool.environment["PATH"] = "\(binary):\(Environment["PATH"] ?? "/usr/bin:/bin")"
    return try tool.run()
  }

  /// What a message tells to type, between backquotes.
  private static func advised(_ result: ToolResult) -> String? {
    let parts = result.errorText.split(separator: "`", omittingEmptySubsequences: false)
    return parts.count > 2 ? String(parts[parts.count - 2]) : nil
  }

  @Test(
    "gets a command that repairs it",
    arguments: [
      ("tar -cf w x.core", "a tar archive"),
      ("xz -c x.core > w", "xz"), ("bzip2 -c x.core > w", "bzip2"), ("base64 x.core > w", "base64"),
      ("python3 -m zipfile -c w x.core", "zip"),
      ("tar -czf w.tar.gz x.core", "a tar archive"), ("tar -cJf w.tar.xz x.core", "xz"),
      ("tar --zstd -cf w.tar.zst x.core", "a tar archive"),
      ("tar -I lz4 -cf w.tar.lz4 x.core", "a tar archive"),
      ("tar -czf w.tgz x.core", "a tar archive"),
    ])
  func repairs(make: String, name: String) throws {
    let folder = try Self.place()
    if make.contains("zipfile") { try Need.require(.tool("python3")) }
    #expect(try Self.shell(make, folder).ending == .exit(0))
    let wrapped = try #require(try folder.names().first { $0.hasPrefix("w") })
    for verb in ["", "check", "inspect", "note"] {
      let result = try Self.shell(
        "coresalvage \(verb) \(wrapped) \(verb.isEmpty ? "out" : "")", folder)
      #expect(result.ending == .exit(2) && result.errorText.contains("found \(name)"), "\(result)")
      #expect(result.errorText.split(separator: "\n").count == 1, "\(result)")
    }
    let result = try Self.shell("coresalvage \(wrapped) out", folder)
    var command = try #require(Self.advised(result), "\(result)")
    if command.contains("unzip") { try Need.require(.tool("unzip")) }
    // Of a zip file, and of what is packed around a tar archive, not even the first name is known.
    let isListed = command.contains(" NAME ")
    #expect(isListed == (name == "zip" || wrapped.hasSuffix(".tar.xz")), "\(command)")
    if isListed {
      let list = result.errorText.split(separator: "`")[1]
      #expect(try Self.shell(String(list), folder).text.contains("x.core"))
    }
    command = command.replacing(" NAME ", with: " x.core ")
    let typed = try Self.shell(command, folder)
    #expect(typed.ending == .exit(0), "\(command): \(typed)")
    let note = try Self.shell("coresalvage note repaired.core", folder)
    #expect(note.text.contains("repaired from 20.0 kB of 49.1 kB"), "\(command): \(note)")
  }

  @Test(
    "that is not the first of its archive, or has a name no shell takes, gets the command that lists them",
    arguments: [
      "echo a >a.txt; tar -cf w a.txt x.core", "tar -czf w readme x.core",
      "cp x.core './-x y.core'; tar -cf w './-x y.core' x.core",
      "python3 -m zipfile -c w readme x.core",
    ])
  func notFirst(make: String) throws {
    let folder = try Self.place()
    try folder.write(Array("a word\n".utf8), to: "readme")
    if make.contains("zipfile") { try Need.require(.tool("python3"), .tool("unzip")) }
    #expect(try Self.shell(make, folder).ending == .exit(0))
    let result = try Self.shell("coresalvage w out", folder)
    #expect(result.ending == .exit(2), "\(result)")
    let command = try #require(Self.advised(result), "\(result)")
    #expect(command.contains(" NAME "), "\(command)")
    let list = try Self.shell(String(result.errorText.split(separator: "`")[1]), folder)
    #expect(list.ending == .exit(0) && list.text.contains("x.core"), "\(list)")
    let typed = try Self.shell(command.replacing(" NAME ", with: " x.core "), folder)
    #expect(typed.ending == .exit(0), "\(command): \(typed)")
    // Of what came through a pipe nothing is left to be unpacked.
    let piped = try Self.shell("coresalvage - out <w", folder)
    #expect(piped.errorText.contains("put it into FILE, then `"), "\(piped)")
    #expect(!piped.errorText.contains(" - NAME"), "\(piped)")
  }

  /// A report as apport writes it: each piece of the packed core is a line of base64 for itself.
  private static let apport = """
    import base64, gzip, subprocess, sys
    core = open("x.core", "rb").read()
    packing = sys.argv[1]
    packed = gzip.compress(core) if packing == "gzip" else subprocess.run(
        ["zstd", "-qc"], input=core, stdout=subprocess.PIPE, check=True).stdout
    pieces = [packed[:19]] + [packed[at:at + 1000] for at in range(19, len(packed), 1000)]
    with open("w", "w") as report:
        report.write("ProblemType: Crash\\nProcMaps:\\n 400000-401000 r--p\\n ff-fff rw-p\\nCoreDump: base64\\n")
        for piece in pieces:
            report.write(" " + base64.b64encode(piece).decode() + "\\n")
        report.write("UserGroups: adm\\nVarLogDist: base64\\n H4sICAAAAAAC/0NvcmVEdW1wAA==\\n")
    """

  @Test(
    "of apport gets a command that repairs it, of standard tools",
    .needs(.tool("python3"), .tool("zstd")), arguments: ["gzip", "zstd"])
  func apport(packing: String) throws {
    let folder = try Self.place()
    try folder.write(Array(Self.apport.utf8), to: "apport.py")
    #expect(try Self.shell("python3 apport.py \(packing)", folder).ending == .exit(0))
    let command = try #require(Self.advised(try Self.shell("coresalvage w out", folder)))
    let typed = try Self.shell(command, folder)
    #expect(typed.ending == .exit(0), "\(command): \(typed)")
    let note = try Self.shell("coresalvage note repaired.core", folder)
    #expect(note.text.contains("repaired from 20.0 kB of 49.1 kB"), "\(command): \(note)")
  }

  @Test(
    "written by lldb is a minidump, which the printed command opens with every thread",
    .needs(.tool("lldb-19"), .gcc, .tracing))
  func minidump() throws {
    let folder = try ScratchFolder()
    let source = """
      #include <pthread.h>
      #include <unistd.h>
      static void *waiting_room(void *none) { for (;;) pause(); }
      static void strike(int *place) { *place = 1; }
      int main(void) {
        pthread_t threads[3];
        for (int i = 0; i < 3; i++) pthread_create(threads + i, 0, waiting_room, 0);
        usleep(100000);
        strike(0);
      }
      """
    try folder.write(Array(source.utf8), to: "v.c")
    let made = try Self.shell(
      """
      gcc -g -O0 -pthread v.c -o v &&
        lldb-19 -b ./v -o run -k 'process save-core --plugin-name=minidump w' -k kill -k quit
      """, folder)
    #expect(FileTree.exists(folder.file("w")), "\(made)")
    let result = try Self.shell("coresalvage w out", folder)
    #expect(result.ending == .exit(2) && result.errorText.contains("a minidump"), "\(result)")
    let command = try #require(Self.advised(result))
    // As it is typed; Debian calls it lldb-19.
    let opened = try Self.shell(
      """
      PATH=$(dirname "$(readlink -f "$(command -v lldb-19)")"):$PATH
      printf 'bt all\\nquit\\n' | \(command)
      """, folder)
    #expect(opened.text.split(separator: "waiting_room").count == 4, "\(opened)")
    #expect(opened.text.contains("strike"), "\(opened)")
  }

  @Test(
    "written by makedumpfile is a kernel's dump, which the printed commands take",
    .needs(.tool("python3"), .tool("makedumpfile"), .tool("crash")),
    arguments: [
      ("-c -d 0 vmcore.elf w", "compressed"), ("-l -d 0 vmcore.elf w", "compressed"),
      ("-F -c -d 0 vmcore.elf > w", "flattened"),
    ])
  func kernelDump(options: String, name: String) throws {
    let folder = try ScratchFolder()
    let writer = Tool.packageRoot.appending("Tests/Tools/vmcore.py")
    let made = try Self.shell(
      "python3 '\(writer)' vmcore.elf && makedumpfile \(options)", folder)
    #expect(made.ending == .exit(0), "\(made)")
    var result = try Self.shell("coresalvage w out", folder)
    #expect(result.ending == .exit(2), "\(result)")
    #expect(result.errorText.contains("a kernel's dump, \(name) by makedumpfile"), "\(result)")
    if name == "flattened" {
      let command = try #require(Self.advised(result))
      #expect(try Self.shell(command, folder).ending == .exit(0), "\(command)")
      result = try Self.shell("coresalvage vmcore out", folder)
      #expect(result.errorText.contains("a kernel's dump, compressed"), "\(result)")
    }
    let command = try #require(Self.advised(result))
    let asked = try Self.shell(command, folder)
    #expect(asked.ending == .exit(0), "\(command): \(asked)")
    #expect(asked.text == "6.1.0-30-amd64\n", "\(command): \(asked)")
  }

  @Test("of tar on standard input is told so, with its way in")
  func pipedTar() throws {
    let folder = try Self.place()
    let result = try Self.shell("tar -czf w.tgz x.core; gzip -dc w.tgz | coresalvage - out", folder)
    #expect(result.ending == .exit(2), "\(result)")
    #expect(result.errorText.contains("`tar -xOf - x.core | coresalvage"), "\(result)")
    let packed = try Self.shell("cat w.tgz | coresalvage - out", folder)
    #expect(packed.errorText.contains("`tar -xzOf - x.core | coresalvage"), "\(packed)")
  }

  @Test(
    "that is no core of ELF is called by its name",
    arguments: [
      ("MDMP\u{93}", "a minidump", "lldb -c w"),
      ("KDUMP   ", "a kernel's dump", "crash --osrelease w"),
      ("ProblemType: Crash\nCoreDump: base64\n", "a report of apport", "sed -n '/^CoreDump:/"),
    ])
  func others(begin: String, name: String, command: String) throws {
    let folder = try Self.place()
    try folder.write(Array(begin.utf8) + [UInt8](repeating: 7, count: 4000), to: "w")
    let result = try Self.shell("coresalvage w out", folder)
    #expect(result.ending == .exit(2), "\(result)")
    #expect(result.errorText.contains("found \(name)"), "\(result)")
    #expect(result.errorText.contains("`\(command)"), "\(result)")
    // A batch names it too, and goes on.
    let batch = try Self.shell(
      "coresalvage batch . -o ../o-$$; r=$?; rm -rf ../o-$$; exit $r", folder)
    #expect(batch.ending == .exit(1) && batch.errorText.contains(name), "\(batch)")
  }

  @Test("whose first page gdb has not written yet is told to be that")
  func blankBeginning() throws {
    let folder = try Self.place()
    let bytes = try ReferenceSource.contents(of: folder.file("x.core"))
    try folder.write([UInt8](repeating: 0, count: 4096) + bytes[4096...], to: "w")
    let result = try Self.shell("coresalvage w out", folder)
    #expect(
      result.ending == .exit(2) && result.errorText.contains("gcore writes last"), "\(result)")
  }
}
