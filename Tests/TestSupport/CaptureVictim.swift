import Glibc
import SystemPackage

/// A process that fills memory of many kinds with what tells its address, lists it, and waits for a signal to crash with.
/// Its source is that of Scripts/capture.
public final class CaptureVictim {
  public let folder: FilePath
  private let running: RunningTool
  private var result: ToolResult?

  public static let program = Result {
    let folder = try ScratchFolder()
    let source = Tool.packageRoot.appending("Scripts/capture/victim.c")
    let program = folder.file("victim")
    try Tool("gcc", ["-O1", "-g", "-pthread", "-o", program.string, source.string])
      .runSuccessfully()
    return (folder: folder, path: program)
  }

  /// Starts it in a folder, and waits until it is ready to crash.
  ///
  /// - Parameter megabytes: of private memory, beside 16 MiB of other kinds.
  public init(
    threads: Int = 4, megabytes: Int, named name: String = "list", in folder: ScratchFolder
  )
    throws
  {
    self.folder = folder.path
    list = folder.file(name)
    let program = try Self.program.get().path
    running = try RunningTool(
      Tool(program.string, [String(threads), String(megabytes), list.string]))
    guard Patience.wait(20, until: { [list] in FileTree.exists(list) }) else {
      end()
      throw ReferenceError("the victim listed nothing")
    }
  }

  deinit { end() }

  /// The ranges that it has filled: a name, an address and a size on each line.
  public let list: FilePath
  public var processID: pid_t { running.processID }

  public func crash() { kill(processID, SIGSEGV) }

  /// Waits until its parent is told of its end.
  @discardableResult
  public func wait() throws -> ToolResult {
    if let result { return result }
    let result = try running.finish()
    self.result = result
    return result
  }

  private func end() {
    guard result == nil else { return }
    kill(processID, SIGKILL)
    _ = try? wait()
  }

  /// Which of its bytes a core lacks, and which it has wrong.
  public func check(_ core: FilePath) throws -> (missing: Int, wrong: Int, total: Int) {
    let tool = Tool(try Self.program.get().path.string, ["check", core.string, list.string])
    let numbers = try tool.run().text.split { !$0.isNumber }.compactMap { Int($0) }
    guard numbers.count == 3, numbers[2] > 0 else {
      throw ReferenceError("nothing of \(core) was compared: \(try tool.run())")
    }
    return (numbers[0], numbers[1], numbers[2])
  }

  /// The ranges that it has filled.
  public func filled() throws -> [Range<UInt64>] {
    let text = String(decoding: try ReferenceSource.contents(of: list), as: UTF8.self)
    return try text.split(separator: "\n").map { line in
      let words = line.split(separator: " ")
      guard words.count == 3, let start = UInt64(words[1], radix: 16), let size = UInt64(words[2])
      else { throw ReferenceError("a line of the victim's: \(line)") }
      return start..<start + size
    }
  }

  /// Its file in memory of which it never touched most.
  public func memoryFile() throws -> FileDescriptor {
    let links = FilePath("/proc/\(processID)/fd")
    for name in try FileTree.names(in: links) {
      var target = [CChar](repeating: 0, count: 64)
      let link = links.appending(name)
      guard readlink(link.string, &target, 63) > 0, strstr(target, "memfd:memory") != nil else {
        continue
      }
      return try FileDescriptor.open(link, .readOnly, options: .closeOnExec)
    }
    throw ReferenceError("the victim has no memfd")
  }
}
