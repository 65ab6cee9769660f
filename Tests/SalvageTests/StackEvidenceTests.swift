import Salvage
import SystemPackage
import TestSupport
import Testing

/// What stands on stacks and looks like return addresses: the right files are not taken for other builds by it.
@Suite("a library whose threads' stacks hold more than return addresses")
struct StackEvidenceTests {
  enum Level: String, Sendable, CaseIterable {
    case none = "-O0"
    case some = "-O1"
    case more = "-O2"
    case small = "-Os"
  }

  /// Four functions that never return, one behind the other; and a queue whose threads wait for work some calls deep,
  /// with a table of functions on each stack, and one of labels if asked for.
  private static let library = """
    #include <poll.h>
    #include <pthread.h>
    #include <unistd.h>
    volatile int ready;
    static volatile int sink;
    static volatile double shares[8];
    static volatile int room[9000] = {3};
    #ifdef INSERTED
    int discount(int x) { int s = 0; for (int i = 0; i < x; i++) s += i * room[i]; return s; }
    #endif
    struct steps { int (*first)(int); int (*then)(int); void (*last)(int); };
    #define SLOW __attribute__((noinline))
    SLOW static int wait(int x) { __sync_fetch_and_add(&ready, 1); return poll(0, 0, 100000) + x; }
    SLOW static int fetch(int x) { return wait(x) * 3 + room[1]; }
    #ifdef LABELS
    SLOW static int store(int x) {
      void *volatile labels[] = {&&none, &&one, &&two, &&three, &&four, &&five};
      goto *labels[x % 6];
      none: sink += 1;
      one: sink *= 3;
      two: sink ^= room[4];
      three: sink -= room[5];
      four: sink *= room[6];
      five: return fetch(x) * 5 + room[2];
    }
    #else
    SLOW static int store(int x) { return fetch(x) * 5 + room[2]; }
    #endif
    SLOW static void done(int x) { sink += x; }
    SLOW static int work(struct steps *s) { s->last(s->then(s->first(1))); return sink; }
    static void *queue(void *unused) {
      struct steps s = {store, fetch, done};
      __asm__ volatile("" : : "r"(&s) : "memory");
      for (;;) sink += work(&s);
    }
    #define SPIN(name, step) static void *name(void *unused) { \\
      __sync_fetch_and_add(&ready, 1); for (;;) for (int i = 1; i < 999; i++) step; return 0; }
    SPIN(add, shares[0] += i)
    SPIN(multiply, shares[1] = shares[1] * 1.01 + i)
    SPIN(divide, shares[2] = shares[2] / i + 2)
    SPIN(subtract, shares[3] -= shares[2])
    pthread_t shop_threads[6];
    void shop_open(void) {
      void *(*all[])(void *) = {add, multiply, divide, subtract, queue, queue};
      for (int i = 0; i < 6; i++) pthread_create(&shop_threads[i], 0, all[i], 0);
      while (ready < 6) usleep(100);
      usleep(20000);
    }
    """

  /// Stops all threads by a signal before it aborts, as crash handlers do. Nothing of it names what the library has, so
  /// that stacks alone tell which build that is.
  private static let program = """
    #include <dlfcn.h>
    #include <pthread.h>
    #include <signal.h>
    #include <stdlib.h>
    #include <unistd.h>
    static volatile int stopped;
    static void stop(int signal) { __sync_fetch_and_add(&stopped, 1); for (;;) pause(); }
    int main(int count, char **words) {
      void *shop = dlopen(words[1], RTLD_NOW);
      ((void (*)(void))dlsym(shop, "shop_open"))();
      pthread_t *threads = dlsym(shop, "shop_threads");
      signal(SIGUSR1, stop);
      for (int i = 0; i < 6; i++) pthread_kill(threads[i], SIGUSR1);
      while (stopped < 6) usleep(100);
      abort();
    }
    """

  private struct Case {
    let folder: ScratchFolder
    let library: FilePath
    /// Cut right before the header page that comes first, of libc or of the library.
    let cut: FilePath
    let libc: String

    init(_ level: Level, _ flags: [String]) throws {
      try Need.require(.gcc, .kernelCores)
      folder = try ScratchFolder()
      library = folder.file("libshop.so")
      try folder.write(Array(StackEvidenceTests.library.utf8), to: "shop.c")
      try folder.write(Array(StackEvidenceTests.program.utf8), to: "main.c")
      try Self.build([level.rawValue] + flags, library, in: folder)
      let program = folder.file("main")
      let words = ["-O1", "-pthread", "-o", program.string, folder.file("main.c").string, "-ldl"]
      try Tool("gcc", words).runSuccessfully()
      let core = try KernelCores.dump(KernelCores.Request(program, [library.string]), in: folder)
      let whole = try core.reference
      let first = try whole.mappings().filter { $0.fileOffset == 0 }
      libc = try #require(first.first { $0.path.contains("/libc.so") }?.path)
      let wanted = [libc, library.string]
      let pages = first.filter { wanted.contains($0.path) }.map(\.range.lowerBound)
      cut = try core.cut(
        at: try #require(whole.loads.filter { pages.contains($0.address) }.map(\.offset).min()))
    }

    static func build(_ flags: [String], _ output: FilePath, in folder: ScratchFolder) throws {
      // In the order of the source: what is added moves all that comes after it.
      let words = ["-shared", "-fPIC", "-pthread", "-fno-toplevel-reorder", "-o", output.string]
      try Tool("gcc", words + flags + [folder.file("shop.c").string]).runSuccessfully()
    }

    func verdict(of path: String) throws -> ModuleVerdict {
      let report = try Repair(of: cut).report
      return try #require(report.modules.first { $0.path == Array(path.utf8) }).verdict
    }
  }

  @Test(
    "is known by them, and so is libc, where signals stopped all threads and functions have no alignment",
    arguments: Level.allCases, [[], ["-s"]])
  func isRight(level: Level, flags: [String]) throws {
    let victim = try Case(level, flags)
    for path in [victim.library.string, victim.libc] {
      let verdict = try victim.verdict(of: path)
      #expect(verdict.verification == .evidence, "\(path): \(verdict)")
    }
  }

  @Test(
    "is never another build, even without a table of its functions and without their names",
    arguments: Level.allCases)
  func hasNoTables(level: Level) throws {
    let flags = ["-s", "-fno-asynchronous-unwind-tables", "-fno-unwind-tables"]
    let victim = try Case(level, flags)
    let verdict = try victim.verdict(of: victim.library.string)
    #expect([.evidence, .layout].contains(verdict.verification), "\(verdict)")
  }

  @Test(
    "is in doubt where labels of one function are there as well, and no other build",
    arguments: Level.allCases)
  func hasLabels(level: Level) throws {
    let victim = try Case(level, ["-DLABELS"])
    let verdict = try victim.verdict(of: victim.library.string)
    #expect(verdict.verification == .layout, "\(verdict)")
    #expect(verdict.remark.contains("return addresses"), "\(verdict)")
  }

  @Test(
    "is another build where a function was added, or the level is another",
    arguments: Level.allCases)
  func isAnother(level: Level) throws {
    let victim = try Case(level, [])
    let other = level == .none ? Level.some : .none
    for flags in [[level.rawValue, "-DINSERTED"], [other.rawValue]] {
      try Case.build(flags, victim.library, in: victim.folder)
      try Tool("touch", ["-d", "2001-01-01", victim.library.string]).runSuccessfully()
      let verdict = try victim.verdict(of: victim.library.string)
      #expect(verdict.verification == .leftOut, "\(flags): \(verdict)")
      #expect(verdict.remark.hasPrefix("another build: before "), "\(flags): \(verdict)")
    }
  }
}
