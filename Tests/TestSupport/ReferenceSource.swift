import Glibc
import SystemPackage

/// The bytes of a file, in memory or read from disk as they are asked for. Never changes them.
public final class ReferenceSource: Sendable {
  private enum Storage: Sendable {
    case memory([UInt8])
    case file(FileDescriptor)
  }

  private let storage: Storage
  public let length: UInt64

  public init(_ bytes: [UInt8]) {
    storage = .memory(bytes)
    length = UInt64(bytes.count)
  }

  public init(contentsOf path: FilePath) throws {
    let descriptor = try Self.inform(path) {
      try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
    }
    storage = .file(descriptor)
    length = UInt64(try descriptor.seek(offset: 0, from: .end))
  }

  deinit {
    if case .file(let descriptor) = storage { try? descriptor.close() }
  }

  /// Exactly `count` bytes from `offset` on; throws if the file ends before.
  public func read(at offset: UInt64, count: Int, for what: String = "bytes") throws -> [UInt8] {
    let (end, overflow) = offset.addingReportingOverflow(UInt64(count))
    guard !overflow, end <= length else {
      throw ReferenceError("\(what): \(count) bytes at \(offset) end past the file's \(length)")
    }
    switch storage {
    case .memory(let bytes):
      return Array(bytes[Int(offset)..<Int(end)])
    case .file(let descriptor):
      return try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
        while filled < count {
          let rest = UnsafeMutableRawBufferPointer(
            rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...])
          let got = try descriptor.read(
            fromAbsoluteOffset: Int64(offset) + Int64(filled), into: rest)
          guard got > 0 else { throw ReferenceError("\(what): the file shrank while it was read") }
          filled += got
        }
      }
    }
  }

  /// A whole file of any kind, `/proc` ones included.
  public static func contents(of path: FilePath) throws -> [UInt8] {
    let descriptor = try inform(path) {
      try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
    }
    defer { try? descriptor.close() }
    var all: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let got = try piece.withUnsafeMutableBytes { try descriptor.read(into: $0) }
      guard got > 0 else { return all }
      all += piece[..<got]
    }
  }

  private static func inform<Value>(_ path: FilePath, _ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch {
      throw ReferenceError("\(path): \(error)")
    }
  }
}
