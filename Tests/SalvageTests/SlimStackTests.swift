import Salvage
import SystemPackage
import TestSupport
import Testing

/// Of the stacks that threads were on, wherever their pointers have got to.
@Suite("what a slim core keeps of stacks in use", .needs(.gdb, .kernelCores, .gcc))
struct SlimStackTests {
  /// What a thread does with its stack before it dies.
  enum Trouble: String, CaseIterable {
    /// Frames are pushed until one has no room.
    case full
    /// The same with frames that are larger than a guard.
    case leap
    /// The last frame is larger than any stack.
    case huge
    /// The same as `leap`, into the stack of the thread below.
    case into
    /// Frames fill a stack that the program made for itself, with a guard.
    case fiber
    /// A null pointer is followed on such a stack, without a guard.
    case inside
  }

  /// Runs in a thread or in the main one (`m`), and handles the signal on a stack of its own or not (`h`).
  private static let source = """
    #define _GNU_SOURCE
    #include <pthread.h>
    #include <semaphore.h>
    #include <signal.h>
    #include <stdlib.h>
    #include <string.h>
    #include <sys/mman.h>
    #include <sys/resource.h>
    #include <ucontext.h>
    #include <unistd.h>
    static const char *trouble;
    static char *lowest;
    static int *volatile nowhere;
    static sem_t below;
    static ucontext_t before, fiber;
    static void handle(int number) { volatile char room[3000]; room[1] = 1; abort(); }
    __attribute__((noinline)) static int fill(int depth, int size) {
      volatile char room[size];
      room[3] = (char)depth;
      if (lowest && (char *)room < lowest) abort();
      if (depth == 0) *nowhere = 0;
      return fill(depth - 1, size) + room[3];
    }
    __attribute__((noinline)) static int wait(int depth) {
      volatile char room[200];
      room[1] = (char)depth;
      if (depth == 0) { sem_post(&below); for (;;) pause(); }
      return wait(depth - 1) + room[1];
    }
    __attribute__((noinline)) static int deep(int depth) {
      volatile char room[200];
      room[1] = (char)depth;
      if (depth) return deep(depth - 1) + room[1];
      return fill(-1, 100 << 20) + room[1];
    }
    static void run(void) {
      if (!strcmp(trouble, "inside")) fill(40, 500); else fill(-1, 500);
    }
    static void *work(void *unused) {
      stack_t stack = {.ss_sp = malloc(1 << 16), .ss_size = 1 << 16};
      sigaltstack(&stack, 0);
      if (!strcmp(trouble, "full")) fill(-1, 500);
      if (!strcmp(trouble, "leap")) fill(-1, 9000);
      if (!strcmp(trouble, "huge")) deep(30);
      if (!strcmp(trouble, "into")) {
        sem_wait(&below);
        lowest = (char *)&stack - (512 << 10) - (40 << 10);
        fill(-1, 9000);
      }
      char *room = mmap(0, 1 << 18, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      if (!strcmp(trouble, "fiber")) mprotect(room, 4096, PROT_NONE);
      getcontext(&fiber);
      fiber.uc_stack.ss_sp = room;
      fiber.uc_stack.ss_size = 1 << 18;
      /* It stands where gdb looks for the frame that called the first one. */
      fiber.uc_link = 0;
      makecontext(&fiber, run, 0);
      swapcontext(&before, &fiber);
      return 0;
    }
    static void *lower(void *unused) { wait(20); return 0; }
    int main(int count, char **words) {
      trouble = words[1];
      struct rlimit limit = {512 << 10, RLIM_INFINITY};
      setrlimit(RLIMIT_STACK, &limit);
      struct sigaction action = {.sa_handler = handle, .sa_flags = SA_ONSTACK};
      if (strchr(words[2], 'h')) sigaction(SIGSEGV, &action, 0);
      if (strchr(words[2], 'm')) work(0);
      pthread_t thread, other;
      pthread_attr_t attributes;
      pthread_attr_init(&attributes);
      pthread_attr_setstacksize(&attributes, 512 << 10);
      sem_init(&below, 0, 0);
      pthread_create(&thread, &attributes, work, 0);
      if (!strcmp(trouble, "into")) pthread_create(&other, &attributes, lower, 0);
      pthread_join(thread, 0);
    }
    """

  /// The innermost and the outermost frames of all threads, as gdb finds them.
  private static func ends(_ core: FilePath, _ program: FilePath) throws -> [String] {
    try GDB(core, program: program).run(commands: [
      "set backtrace limit unlimited", "set print frame-arguments none", "bt -3",
      "thread apply all bt 3", "thread apply all bt -3",
    ]).lines.filter { $0.hasPrefix("#") }
  }

  private static func slim(
    _ core: FilePath, to output: FilePath, _ change: (inout SlimOptions) -> Void = { _ in }
  ) throws -> (report: RepairReport, slim: SlimSummary) {
    var options = RepairOptions()
    options.force = true
    var slim = SlimOptions()
    change(&slim)
    options.slim = slim
    let report = try Repair(of: core, options: options).write(to: output).report
    return (report, try #require(report.slim))
  }

  @Test(
    "is all of the stack that overflowed, and the one that a signal interrupted: gdb finds the same frames",
    arguments: Trouble.allCases, ["-O0", "-O2"])
  func frames(_ trouble: Trouble, _ level: String) throws {
    let folder = try ScratchFolder(in: .memory)
    let flags = ["-g", level, "-fno-optimize-sibling-calls", "-pthread"]
    let program = try KernelCores.compile(Self.source, named: "trouble", flags: flags, in: folder)
    let output = folder.file("slim.core")
    for way in ["m", "mh", "t", "th"] where trouble != .into || !way.contains("m") {
      let request = KernelCores.Request(program, [trouble.rawValue, way])
      let core = try KernelCores.dump(request, in: folder)
      let whole = try Self.ends(core.path, program)
      let outermost = whole[min(2, whole.count - 1)].dropFirst().prefix { $0.isNumber }
      #expect(Int(outermost).map { $0 > 25 } ?? false, "\(way): \(whole)")
      let (report, slim) = try Self.slim(core.path, to: output)
      let found = try Self.ends(output, program)
      #expect(found == whole, "\(way)")
      #expect(slim.stacksLeftOut.isEmpty && slim.unknownStacks.isEmpty, "\(way): \(report)")
      #expect(slim.size < 1 << 20, "\(way): \(slim.size)")
      FileTree.remove(core.path)
    }
  }

  @Test(
    "is 8 MiB where more is in use, which is told of by its thread and size, and all of it on request",
    arguments: [true, false])
  func limit(isMain: Bool) throws {
    let folder = try ScratchFolder(in: .memory)
    let source = """
      #include <pthread.h>
      #include <stdlib.h>
      #include <sys/resource.h>
      __attribute__((noinline)) static int fill(int depth) {
        volatile char room[50000];
        for (int i = 0; i < 50000; i += 1000) room[i] = 1;
        if (depth == 0) abort();
        return fill(depth - 1) + room[3];
      }
      static void *work(void *unused) { return fill(250), unused; }
      int main(int count, char **words) {
        struct rlimit limit = {20 << 20, RLIM_INFINITY};
        setrlimit(RLIMIT_STACK, &limit);
        if (words[1][0] == 'm') work(0);
        pthread_t thread;
        pthread_attr_t attributes;
        pthread_attr_init(&attributes);
        pthread_attr_setstacksize(&attributes, 20 << 20);
        pthread_create(&thread, &attributes, work, 0);
        pthread_join(thread, 0);
      }
      """
    let flags = ["-g", "-O0", "-pthread"]
    let program = try KernelCores.compile(source, named: "deep", flags: flags, in: folder)
    let core = try KernelCores.dump(KernelCores.Request(program, [isMain ? "m" : "t"]), in: folder)
    let whole = try Self.ends(core.path, program)
    let output = folder.file("slim.core")
    let (report, slim) = try Self.slim(core.path, to: output)
    let thread = try #require(report.threads.first)
    let left = try #require(slim.stacksLeftOut.first)
    #expect(slim.stacksLeftOut.count == 1 && left.thread == thread.id && left.isCertain)
    // The program's 250 frames, without those 8 MiB.
    #expect(left.size > 250 * 50_000 - (9 << 20) && left.size < 250 * 50_100 - (7 << 20))
    let pointer = try #require(thread.stackPointer)
    let kept = try ReferenceCore(contentsOf: output).readableRanges.first { $0.contains(pointer) }
    #expect(kept.map { $0.upperBound - $0.lowerBound } == 8 << 20)
    #expect(
      "\(report)".contains(
        "of the stack of thread \(thread.id) are left out: --keep stacks keeps more than 8 MiB"))
    #expect(slim.leftOut.contains { $0.what == "stacks" })
    #expect(try Self.ends(output, program) != whole)
    let (all, more) = try Self.slim(core.path, to: output) { $0.keepsWholeStacks = true }
    #expect(more.stacksLeftOut.isEmpty)
    #expect(!more.leftOut.contains { $0.what == "stacks" } && !"\(all)".contains("in use  "))
    #expect(try Self.ends(output, program) == whole)
    #expect(more.memory.survived - slim.memory.survived == left.size)
  }

  @Test("is told of where a size has no room for all of it, byte by byte")
  func size() throws {
    let folder = try ScratchFolder()
    let crash = try CrashProgram.threads.crash(in: folder)
    let output = folder.file("slim.core")
    let all = try Self.slim(crash.core.path, to: output).slim
    #expect(all.stacksLeftOut.isEmpty && !all.isCutShort)
    var isTold: Set<Bool> = []
    for step in 1...8 as ClosedRange<UInt64> {
      let most = all.size - step * 6000
      let (_, slim) = try Self.slim(crash.core.path, to: output) { $0.mostBytes = most }
      #expect(slim.size <= most)
      #expect(slim.isCutShort == !slim.stacksLeftOut.isEmpty)
      #expect(slim.stacksLeftOut.total(\.size) == all.memory.survived - slim.memory.survived)
      isTold.insert(!slim.stacksLeftOut.isEmpty)
    }
    #expect(isTold.contains(true))
  }
}
