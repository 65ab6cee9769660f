import Salvage
import SystemPackage
import TestSupport
import Testing

/// Chains of Python's frames that go over a stack that is lost, in a program that lays them out as CPython 3.13 and 3.14
/// do and tells so in the same way: no Python so late is among this system's packages.
@Suite("a chain of Python's frames", .needs(.kernelCores, .gcc))
struct PythonFrameTests {
  /// The main thread and another have a frame of C between two of Python's; `argv[1]` is the version, `argv[2]` the word
  /// of the table at which threads are told of, and with `argv[3]` the innermost frame is its own caller.
  private static let source = """
    #include <pthread.h>
    #include <stdint.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <unistd.h>

    struct interpreter;
    struct frame { void *executable; struct frame *caller; char rest[56]; char owner; char end[7]; };
    struct thread {
      void *previous; struct thread *next; struct interpreter *interpreter; void *rest[4]; struct frame *frame;
    };
    struct interpreter { void *rest[3]; struct interpreter *next; struct thread *threads; };

    struct {
      char cookie[8];
      uint64_t words[63];
      struct interpreter *interpreters;
    } runtime __attribute__((aligned(16))) = { "xdebugpy", { 1 }, 0 };

    static int isRing;

    static struct frame *add(struct frame *caller) {
      struct frame *frame = calloc(1, sizeof *frame);
      frame->executable = &runtime;
      frame->caller = caller;
      return frame;
    }

    static struct thread *enter(const char *name, struct frame *entry) {
      entry->caller = add(NULL);
      entry->owner = 3;
      struct thread *thread = calloc(1, sizeof *thread);
      thread->frame = add(add(entry));
      if (isRing) thread->frame->caller = thread->frame;
      printf("area %s %p %zu\\n", name, (void *)entry, sizeof *entry);
      fflush(stdout);
      return thread;
    }

    static void *work(void *other) {
      struct frame entry = { &runtime };
      *(struct thread **)other = enter("worker", &entry);
      for (;;) pause();
    }

    int main(int argc, char **argv) {
      struct frame entry = { &runtime };
      isRing = argc > 3;
      int base = atoi(argv[2]) - 1;
      uint64_t *words = runtime.words;
      words[0] = strtoul(argv[1], NULL, 16);
      words[4] = offsetof(typeof(runtime), interpreters);
      words[7] = offsetof(struct interpreter, next);
      words[8] = offsetof(struct interpreter, threads);
      words[base + 2] = offsetof(struct thread, next);
      words[base + 3] = offsetof(struct thread, interpreter);
      words[base + 4] = offsetof(struct thread, frame);
      words[base + 9] = sizeof(struct frame);
      words[base + 10] = offsetof(struct frame, caller);
      words[base + 14] = offsetof(struct frame, owner);
      struct interpreter *interpreter = calloc(1, sizeof *interpreter);
      runtime.interpreters = interpreter;
      struct thread *thread = enter("main", &entry), *volatile other = NULL;
      pthread_t worker;
      pthread_create(&worker, NULL, work, (void *)&other);
      while (!other) usleep(1000);
      usleep(50000);
      interpreter->threads = thread;
      thread->interpreter = other->interpreter = interpreter;
      thread->next = other;
      abort();
    }
    """

  private struct Case {
    let folder: ScratchFolder
    let core: KernelCore
    let whole: ReferenceCore

    init(_ arguments: String...) throws {
      folder = try ScratchFolder()
      let program = try KernelCores.compile(
        "#include <stddef.h>\n" + PythonFrameTests.source, named: "python3.13",
        flags: ["-g", "-O0", "-pthread"], in: folder)
      core = try KernelCores.dump(KernelCores.Request(program, arguments), in: folder)
      whole = try core.reference
    }

    /// The frame that stood on a thread's stack.
    func frame(_ name: String) throws -> Range<UInt64> {
      try #require(core.areas.first { $0.name == name }).range
    }

    /// The core repaired where the stack with a thread's frame, and all that comes after it, is lost.
    func repaired(
      without name: String, _ options: RepairOptions = RepairOptions()
    ) throws -> (core: ReferenceCore, path: FilePath, repair: Repair) {
      let frame = try frame(name)
      let stack = try #require(whole.loads.first { $0.memoryRange.contains(frame.lowerBound) })
      let path = folder.file("out-\(name)-\(options.hashValue).core")
      let repair = try Repair(of: core.cut(at: stack.offset), options: options)
      try repair.write(to: path)
      return (try ReferenceCore(contentsOf: path), path, repair)
    }
  }

  private static func ends(of core: ReferenceCore) throws -> [Range<UInt64>] {
    (try core.rebuilt()?.memory ?? []).filter { $0.cause == 3 }.map(\.range)
  }

  @Test(
    "ends with an empty frame on each stack that is lost, and goes on over each that survived",
    arguments: [("30d05f0", "19"), ("30e0af0", "22")])
  func ends(version: String, threads: String) throws {
    let victim = try Case(version, threads)
    let main = try victim.frame("main")
    let worker = try victim.frame("worker")
    for (name, expected) in [("main", [main]), ("worker", [worker, main])] {
      for lost in [RepairOptions.LostMemory.drop, .zero] {
        var options = RepairOptions()
        options.lostMemory = lost
        let (new, _, repair) = try victim.repaired(without: name, options)
        #expect(try Self.ends(of: new) == expected)
        for range in expected {
          var bytes = [UInt8](repeating: 0, count: 80)
          bytes[72] = 3
          #expect(try new.bytes(at: range.lowerBound, count: 80) == bytes)
          #expect(new.loads.contains { $0.readableRange == range })
        }
        #expect(try new.contradictions() == [])
        #expect(repair.report.rebuilt.count { $0.source == .pythonFrame } == expected.count)
        let count = expected.count == 1 ? "1 chain" : "2 chains"
        #expect(repair.report.description.contains("an end for \(count) of Python's frames"))
      }
    }
  }

  @Test("is left alone by --rebuild none, and in versions that lay it out as we don't know")
  func isLeftAlone() throws {
    var none = RepairOptions()
    none.rebuild = .none
    #expect(try Case("30d05f0", "19").repaired(without: "main", none).core.rebuilt() == nil)
    for version in ["30c0af0", "30f00f0", "0"] {
      let victim = try Case(version, "19")
      #expect(try Self.ends(of: victim.repaired(without: "main").core) == [])
    }
  }

  @Test("that is a ring comes to an end, and so does one whose table leads anywhere")
  func isRing() throws {
    let ring = try Case("30d05f0", "19", "ring")
    #expect(try Self.ends(of: ring.repaired(without: "main").core) == [])
    let wrong = try Case("30d05f0", "22")
    #expect(try Self.ends(of: wrong.repaired(without: "main").core) == [])
  }

  @Test(
    "of 3.11 is one whose beginning is lost with the stack", .needs(.path("/usr/bin/python3.11")))
  func beginsOnStack() throws {
    let folder = try ScratchFolder()
    let crash = try CrashProgram.python.crash(in: folder)
    let whole = try crash.core.reference
    let stack = try #require(whole.loads.last { $0.fileSize >= 0x20000 })
    let output = folder.file("out.core")
    try Repair(of: crash.core.cut(at: stack.offset)).write(to: output)
    let new = try ReferenceCore(contentsOf: output)
    let found = try Self.ends(of: new)
    #expect(found.count == 1)
    let range = try #require(found.first)
    #expect(range.count == 24 && stack.memoryRange.contains(range.lowerBound))
    #expect(try new.bytes(at: range.lowerBound, count: 24) == [UInt8](repeating: 0, count: 24))
    // It was one: what it led to, Python's innermost frame and its own caller, are in memory that survived.
    for place in [range.lowerBound + 8, range.lowerBound + 16] {
      let bytes = try #require(try whole.wholeBytes(at: place, count: 8))
      let address = bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      #expect(new.readableRanges.contains { $0.contains(address) })
    }
  }

  @Test(
    "ends in memory that no debugger takes for a stack's", .needs(.gdb, .tool("eu-stack")))
  func inventsNothing() throws {
    let victim = try Case("30d05f0", "19")
    var none = RepairOptions()
    none.rebuild = .none
    let (_, path, _) = try victim.repaired(without: "main")
    let program = victim.core.program
    let walk = try FrameWalk(GDB(path, program: program))
    let main = victim.core.result.processID
    #expect(walk.threads[main]?.count == 1)
    #expect(walk.threads.values.joined().contains { $0.name == "work" })
    let result = try Tool("eu-stack", ["--core", path.string, "-e", program.string]).run()
    let blocks = result.text.split(separator: "TID ")
    let own = try #require(blocks.first { $0.hasPrefix("\(main):") })
    #expect(own.split(separator: "\n").count { $0.hasPrefix("#") } == 1, "\(result)")
    #expect(result.text.contains("work"))
  }
}
