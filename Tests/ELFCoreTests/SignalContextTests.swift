import ELFCore
import TestSupport
import Testing

/// The registers that a thread's stack keeps while it handles a signal, as the kernel and QEMU write them.
@Suite("the context of a signal")
struct SignalContextTests {
  struct Target: Sendable, CustomTestStringConvertible {
    var name: String
    var machine: Machine
    var format: ELFFormat
    /// What runs it where this machine can't.
    var emulator: String?
    /// The program counter's place among the registers.
    var programCounter: Int

    var testDescription: String { name }

    static let little64 = ELFFormat(width: .bits64, byteOrder: .little)
    static let all = [
      Target(name: "x86_64", machine: .x86_64, format: little64, programCounter: 16),
      Target(
        name: "i386", machine: .i386, format: ELFFormat(width: .bits32, byteOrder: .little),
        programCounter: 14),
      Target(
        name: "aarch64", machine: .aarch64, format: little64, emulator: "qemu-aarch64",
        programCounter: 32),
    ]
  }

  /// A program without a library that traps; its handler writes where that was, and what the kernel put on the stack.
  private static let source = """
    typedef unsigned long word;
    #define ALIGNED __attribute__((force_align_arg_pointer))
    #if defined(__x86_64__)
    #define WRITE 1
    #define ACTION 13
    #define EXIT 60
    static long call(long n, long a, long b, long c, long d) {
      register long r10 __asm__("r10") = d;
      __asm__ volatile("syscall" : "+a"(n) : "D"(a), "S"(b), "d"(c), "r"(r10)
                       : "rcx", "r11", "memory");
      return n;
    }
    #elif defined(__i386__)
    #define WRITE 4
    #define ACTION 174
    #define EXIT 1
    static long call(long n, long a, long b, long c, long d) {
      __asm__ volatile("int $0x80" : "+a"(n) : "b"(a), "c"(b), "d"(c), "S"(d) : "memory");
      return n;
    }
    #else
    #undef ALIGNED
    #define ALIGNED
    #define WRITE 64
    #define ACTION 134
    #define EXIT 93
    static long call(long n, long a, long b, long c, long d) {
      register long x8 __asm__("x8") = n, x0 __asm__("x0") = a, x1 __asm__("x1") = b;
      register long x2 __asm__("x2") = c, x3 __asm__("x3") = d;
      __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
      return x0;
    }
    #endif
    __attribute__((noinline)) static void trap(void) { __builtin_trap(); }
    static void handle(int signal, void *info, void *context) {
      word place = (word)trap;
      call(WRITE, 1, (long)&place, sizeof place, 0);
      call(WRITE, 1, (long)context, 700, 0);
      call(EXIT, 0, 0, 0, 0);
    }
    ALIGNED void _start(void) {
      word action[5] = {(word)handle, 0x04000004, (word)handle, 0, 0};
      call(ACTION, 4, (long)action, 0, 8);
      call(ACTION, 5, (long)action, 0, 8);
      trap();
      call(EXIT, 1, 0, 0, 0);
    }
    """

  @Test(
    "is found where it is, and nowhere else", .needs(.tool("clang"), .tool("ld.lld")),
    arguments: Target.all)
  func isFound(target: Target) throws {
    if let emulator = target.emulator { try Need.tool(emulator).require() }
    let folder = try ScratchFolder()
    try folder.write(Array(Self.source.utf8), to: "trap.c")
    let program = folder.file("trap").string
    let flags = [
      "--target=\(target.name)-linux-gnu", "-O1", "-ffreestanding", "-nostdlib", "-static",
      "-fuse-ld=lld", "-fno-stack-protector",
    ]
    try Tool("clang", flags + ["-o", program, folder.file("trap.c").string]).runSuccessfully()
    let tool = target.emulator.map { Tool($0, [program]) } ?? Tool(program)
    let bytes = try tool.runSuccessfully().output
    let size = target.format.wordSize
    #expect(bytes.count == size + 700)
    let trap = bytes.span.integer(at: 0, size: size, .little)
    let context = try #require(SignalContext(target.machine, in: target.format))
    let found = stride(from: size, to: bytes.count, by: size)
      .filter { context.begins(at: $0, in: bytes.span) }
    let start = try #require(found.first)
    #expect(found.count == 1)
    let counter = bytes.span.integer(
      at: start + target.programCounter * size, size: size, .little)
    #expect(counter == trap)
  }

  @Test("is nowhere in zeros, in ones, and in few bytes")
  func isNowhere() throws {
    for target in Target.all {
      let context = try #require(SignalContext(target.machine, in: target.format))
      for byte in [UInt8(0), 0xff] {
        for count in 0...400 {
          let bytes = [UInt8](repeating: byte, count: count)
          #expect(!(0...count).contains { context.begins(at: $0, in: bytes.span) })
        }
      }
    }
  }
}
