package import CoreIO
package import SystemPackage

/// What the kernel does with a crash: kernel.core_pattern and kernel.core_pipe_limit.
public struct DumpSettings: Hashable, Sendable {
  /// A file's name, `|PROGRAM …`, `@SOCKET` or `@@SOCKET`; empty for nothing. Raw bytes, without the line's end.
  public var pattern: [UInt8]
  /// How many programs may have crashes at once, and whether a process waits for them to end: not where it is 0.
  public var pipeLimit: UInt32

  package init(pattern: [UInt8], pipeLimit: UInt32) {
    self.pattern = pattern
    self.pipeLimit = pipeLimit
  }

  /// What a kernel has before anybody sets it.
  static let original = DumpSettings(pattern: Array("core".utf8), pipeLimit: 0)

  /// The longest pattern that the kernel takes; it cuts longer ones without a word.
  static let longestPattern = 127

  /// Where the kernel has them.
  package static let folder: FilePath = "/proc/sys/kernel"

  /// As they are now.
  package init(in folder: FilePath = Self.folder) throws(SalvageError) {
    let path = folder.appending("core_pattern")
    guard let pattern = SmallFile.bytes(of: path) else {
      throw SalvageError(.io(.noSuchFileOrDirectory, call: "read"), file: path)
    }
    self.pattern = Array(pattern.prefix { $0 != UInt8(ascii: "\n") })
    let limit = SmallFile.bytes(of: folder.appending("core_pipe_limit")) ?? []
    pipeLimit =
      UInt32(String(decoding: limit.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)) ?? 0
  }

  /// Sets them: the limit first, for it must be there when the first crash comes.
  package func set(in folder: FilePath = Self.folder) throws(SalvageError) {
    try Self.write(Array(String(pipeLimit).utf8), to: folder.appending("core_pipe_limit"))
    let path = folder.appending("core_pattern")
    do throws(SalvageError) {
      try Self.write(pattern, to: path)
    } catch {
      guard case .io(.invalidArgument, _) = error.kind, pattern.first == UInt8(ascii: "@") else {
        throw error
      }
      throw SalvageError(
        .badOutput(
          reason: "the kernel takes a socket from the first mount namespace alone: no container's, "
            + "and none of a service with ProtectSystem= or PrivateTmp="), file: path)
    }
    // The kernel cuts what is too long, and some refuse sockets by leaving what was.
    guard try DumpSettings(in: folder).pattern == pattern else {
      throw SalvageError(
        .badOutput(reason: "the kernel did not take the pattern \(PrintableText(pattern))"),
        file: path)
    }
  }

  private static func write(_ value: [UInt8], to path: FilePath) throws(SalvageError) {
    do {
      let file = try FileDescriptor.open(path, .writeOnly, options: [.closeOnExec, .truncate])
      try file.closeAfter { _ = try file.writeAll(value + [UInt8(ascii: "\n")]) }
    } catch {
      throw SalvageError(.io(CoreIO.errno(of: error), call: "set"), file: path)
    }
  }
}
