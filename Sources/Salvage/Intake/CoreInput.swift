internal import ArchiveFormat
package import CoreIO
package import CoreModel
internal import Glibc
public import SystemPackage

/// Where a core is read from, packed or not: `Repair`, `Inspection`, `RepairRecord` and `MemoryExcerpt` take it.
public struct CoreInput: Sendable {
  private enum Place {
    case path(FilePath)
    case descriptor(FileDescriptor)
    case bytes([UInt8])
  }

  private let place: Place
  /// The name for messages.
  package let name: FilePath

  /// A file; `-` stands for standard input.
  public static func file(_ path: FilePath) -> CoreInput {
    CoreInput(place: .path(path), name: path)
  }

  /// A file; `-` stands for standard input.
  public static func file(_ path: String) -> CoreInput { file(FilePath(path)) }

  /// An open descriptor, which stays the caller's. A file at its beginning is as good as one that is named; all else is a
  /// stream, which is read to its end and put into a temporary file while it comes.
  public static func descriptor(
    _ descriptor: FileDescriptor, name: String = "the input"
  ) -> CoreInput {
    CoreInput(place: .descriptor(descriptor), name: FilePath(name))
  }

  /// An open descriptor by its number: see the other one.
  public static func descriptor(_ number: Int32, name: String = "the input") -> CoreInput {
    descriptor(FileDescriptor(rawValue: number), name: name)
  }

  /// Bytes in memory. A core that is not packed is read where it is; what is packed goes through a temporary file.
  public static func bytes(_ bytes: [UInt8], name: String = "memory") -> CoreInput {
    CoreInput(place: .bytes(bytes), name: FilePath(name))
  }
}

extension Intake {
  /// Opens an input. A stream is read to its end, into a file that `spool` makes, in the way of `spooling`.
  package static func open(
    _ input: CoreInput, options: IntakeOptions, archives: ArchiveReading = .wholly,
    sparse: Sparseness = .auto, spooling: Spooling = .plain,
    progress: WorkProgress.Observer? = nil,
    spool: (InputSet) throws(SalvageError) -> any WritableFile
  ) throws(SalvageError) -> Intake {
    let way = try input.way(options)
    return try open(way, input.name, options, archives, sparse, spooling, progress, spool)
  }
}

extension CoreInput {
  fileprivate func way(_ options: IntakeOptions) throws(SalvageError) -> Intake.Way {
    switch place {
    case .path(OutputPlace.standard):
      return try .open(StandardInput.open(extent: InterruptedWork.size), StandardInput.name)
    case .path(let path): return try .named(path)
    case .descriptor(let descriptor):
      return try .open(
        StandardInput.open(descriptor, name, extent: InterruptedWork.size), name)
    case .bytes(let bytes):
      let head = Array(bytes.prefix(8))
      guard Packing(magic: head) != nil || Packing.skippableSize(head) != nil else {
        try Intake.refuseForeign(head, name)
        return .memory(MemorySource(bytes, path: name))
      }
      let file = try UnnamedFile(in: options.temporaryFolder)
      try file.write(bytes, at: 0)
      return try .streamed(
        DescriptorStream(InputFile(reading: file, named: name, size: UInt64(bytes.count))), name)
    }
  }
}
