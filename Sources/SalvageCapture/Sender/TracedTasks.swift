internal import CoreIO
internal import Glibc
internal import SystemPackage

/// The kernel's list of the processes that traced tasks belong to. It outlives the tasks.
enum TracedTasks {
  private static let files: [FilePath] = [
    "/sys/kernel/tracing/saved_tgids", "/sys/kernel/debug/tracing/saved_tgids",
  ]

  /// The processes of tasks, as far as the list has them. It is read as a whole, which takes some milliseconds.
  static func processes(of tasks: Set<UInt32>) -> [UInt32: UInt32] {
    for path in files {
      guard let file = try? FileDescriptor.open(path, .readOnly, options: .closeOnExec) else {
        continue
      }
      defer { try? file.close() }
      return processes(of: tasks, in: file)
    }
    return [:]
  }

  /// Lines of two numbers: `29887 29886`.
  private static func processes(
    of tasks: Set<UInt32>, in file: FileDescriptor
  ) -> [UInt32: UInt32] {
    var found: [UInt32: UInt32] = [:]
    var rest: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 16 << 10)
    while true {
      let count = unsafe part.withUnsafeMutableBytes { (try? unsafe file.read(into: $0)) ?? 0 }
      guard count > 0, rest.count < 64 else { return found }
      let lines = (rest + part[..<count]).split(
        separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      rest = Array(lines.last ?? [])
      for line in lines.dropLast() {
        let words = line.split(separator: UInt8(ascii: " ")).map {
          UInt32(String(decoding: $0, as: UTF8.self))
        }
        if words.count == 2, let task = words[0], tasks.contains(task) { found[task] = words[1] }
      }
    }
  }
}
