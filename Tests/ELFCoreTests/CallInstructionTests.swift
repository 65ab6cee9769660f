import ELFCore
import SystemPackage
import TestSupport
import Testing

/// What stands before an address that a call returns to, on each machine; objdump is the judge.
@Suite("a return address")
struct CallInstructionTests {
  struct Target: Sendable, CustomTestStringConvertible {
    var name: String
    var flags: [String] = []
    var machine: Machine
    var format: ELFFormat
    /// How objdump names calls.
    var calls: Set<String>
    var isThumb = false

    var testDescription: String { ([name] + flags).joined(separator: " ") }

    static let little64 = ELFFormat(width: .bits64, byteOrder: .little)
    static let little32 = ELFFormat(width: .bits32, byteOrder: .little)
    static let all = [
      Target(name: "x86_64", machine: .x86_64, format: little64, calls: ["call", "callq"]),
      Target(name: "i386", machine: .i386, format: little32, calls: ["call", "calll"]),
      Target(name: "aarch64", machine: .aarch64, format: little64, calls: ["bl", "blr"]),
      Target(name: "armv7", machine: .arm, format: little32, calls: ["bl", "blx"]),
      Target(
        name: "armv7", flags: ["-mthumb"], machine: .arm, format: little32, calls: ["bl", "blx"],
        isThumb: true),
      Target(name: "powerpc64le", machine: .ppc64, format: little64, calls: ["bl", "bctrl"]),
      Target(name: "riscv64", machine: .riscv, format: little64, calls: ["jal", "jalr", "c.jalr"]),
      Target(
        name: "s390x", machine: .s390, format: ELFFormat(width: .bits64, byteOrder: .big),
        calls: ["brasl", "basr"]),
    ]
  }

  /// Calls of functions by name, by a pointer in a register, and by pointers in memory far and near.
  private static let source = """
    extern int far_away(int);
    extern int (*table[64])(int);
    struct shop { char pad[300]; int (*price)(int); struct shop *next; };
    int direct(int x) { return far_away(x) + far_away(x + 1) * 3; }
    int indexed(int i, int x) { return table[i](x) + table[5](x) * 3; }
    int member(struct shop *s) {
      return s->price(1) + s->next->price(2) + s->next->next->price(3);
    }
    int pointer(int (*f)(int), int x) { return f(x) + f(x + 1) * direct(x); }
    int many(int (*f)(int), int (*g)(int), struct shop *s, int n) {
      int sum = 0;
      for (int i = 0; i < n; i++)
        sum += f(i) ^ g(sum) ^ s->price(i) ^ table[i & 63](i) ^ indexed(i, sum);
      return sum + pointer(g, n) + member(s);
    }
    """

  @Test("follows a call, and hardly any other place does", arguments: Target.all, ["-O0", "-O2"])
  func followsCall(target: Target, level: String) throws {
    for tool in ["clang", "llvm-objdump", "llvm-objcopy"] {
      try Need.tool(tool).require()
    }
    let folder = try ScratchFolder()
    try folder.write(Array(Self.source.utf8), to: "calls.c")
    let (object, code) = (folder.file("calls.o"), folder.file("calls.bin"))
    let flags = ["--target=\(target.name)-linux-gnu", level, "-fPIC", "-ffreestanding", "-c"]
    let source = folder.file("calls.c").string
    try Tool("clang", flags + target.flags + ["-o", object.string, source]).runSuccessfully()
    let words = ["-O", "binary", "-j", ".text", object.string, code.string]
    try Tool("llvm-objcopy", words).runSuccessfully()
    let bytes = try ReferenceSource.contents(of: code)
    let text = try Tool("llvm-objdump", ["-d", "--no-show-raw-insn", object.string])
      .runSuccessfully().text
    // "      5:       callq   0xa <direct+0xa>"
    let lines = text.split(separator: "\n").compactMap { line -> (UInt64, String)? in
      let words = line.split { $0 == " " || $0 == "\t" }
      guard words.count > 1, words[0].hasSuffix(":"),
        let address = UInt64(words[0].dropLast(), radix: 16)
      else { return nil }
      return (address, String(words[1]))
    }
    let instructions = try #require(CallInstructions(target.machine, in: target.format))
    var calls = 0
    var mistaken = 0
    for (line, next) in zip(lines, lines.dropFirst()) {
      let end = Int(next.0)
      let before = Array(bytes[max(0, end - CallInstructions.reach)..<end])
      let may = instructions.mayEnd(
        before.span, before: next.0 + (target.isThumb ? 1 : 0), of: 0..<UInt64(bytes.count))
      if target.calls.contains(line.1) {
        calls += 1
        #expect(may, "\(line.1) before \(end)")
      } else if may {
        mistaken += 1
      }
    }
    #expect(calls > 12, "\(text)")
    #expect(mistaken * 20 < lines.count, "\(mistaken) of \(lines.count)")
  }

  @Test("follows no call where there is hardly a byte before it")
  func atTheBeginning() throws {
    for target in Target.all {
      let instructions = try #require(CallInstructions(target.machine, in: target.format))
      for count in 0...8 {
        for byte in [UInt8(0), 0xff, 0xe8] {
          let bytes = [UInt8](repeating: byte, count: count)
          // That none of them traps.
          _ = instructions.mayEnd(bytes.span, before: UInt64(count), of: 0..<UInt64(count))
          _ = instructions.mayFunctionBegin(after: bytes.span, at: 1, of: 0..<9)
          let isSystemCall = instructions.maySystemCallEnd(bytes.span)
          #expect(!isSystemCall)
        }
      }
    }
  }

  @Test("packed relocations name the places that the specification's example does")
  func packedPlaces() {
    let format = Target.little64
    // A place; then bits for the words after it: of the first map bits 1 and 63, of the second bit 1.
    let words: [UInt64] = [0x1000, 1 | 1 << 1 | 1 << 63, 1 | 1 << 1, 0x8000]
    let bytes = words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
    }
    let places = Relocation.packedPlaces(bytes.span, limit: 100, in: format)
    let expected: [UInt64] = [0x1000, 0x1008, 0x11f8, 0x1200, 0x8000]
    #expect(places == expected)
    let few = Relocation.packedPlaces(bytes.span, limit: 1, in: format)
    #expect(few.count == 1)
  }
}
