internal import CoreIO
package import CoreModel
internal import ELFCore
package import SystemPackage

/// What /proc tells of a process that crashed.
package enum ProcessFacts {
  /// Its words may be as long as its memory; more of them than this helps nobody.
  private static let commandLineLimit = 64 << 10

  /// Fills in what there is to be read in the open folder /proc/PID, and where we are; what isn't there is left as it is.
  /// Every file is read once, and only its beginning.
  package static func fill(_ record: inout CaptureRecord, from proc: FileDescriptor) {
    fillIdentity(
      &record, from: proc,
      auxiliaryVector: ProcFile.contents("auxv", in: proc, most: vectorLimit) ?? [])
    fillRest(&record, from: proc)
  }

  /// Whose process it is, and of which program: what a store asks before it takes a core.
  static func fillIdentity(
    _ record: inout CaptureRecord, from proc: FileDescriptor, auxiliaryVector: [UInt8]
  ) {
    fillPlace(&record)
    record.name = ProcFile.line("comm", in: proc) ?? record.name
    record.program = ProcFile.target("exe", in: proc) ?? record.program
    if let file = ProcFile.contents("status", in: proc, most: 16 << 10) {
      fill(&record, status: StatusFile(file))
    }
    if isSecure(auxiliaryVector) { record.hasChangedCredentials = true }
  }

  /// No vector is longer.
  static let vectorLimit = 4096

  /// What else there is.
  static func fillRest(_ record: inout CaptureRecord, from proc: FileDescriptor) {
    record.commandLine =
      ProcFile.contents("cmdline", in: proc, most: commandLineLimit) ?? record.commandLine
    if let file = ProcFile.contents("cgroup", in: proc, most: 16 << 10) {
      fill(&record, cgroup: CgroupPath(file: file))
    }
    if let file = ProcFile.contents("limits", in: proc, most: 8 << 10) {
      record.limits = LimitsFile.limits(in: file)
    }
    if let line = ProcFile.line("coredump_filter", in: proc) {
      record.coredumpFilter = UInt64(String(decoding: line, as: UTF8.self), radix: 16)
    }
  }

  private static func fillPlace(_ record: inout CaptureRecord) {
    record.bootID = ProcessMark.own.boot.filter { $0 != "-" }
    record.host = Array(ProcessMark.own.host.utf8)
  }

  private static func fill(_ record: inout CaptureRecord, cgroup: CgroupPath?) {
    guard let cgroup else { return }
    record.cgroup = cgroup.path
    record.containerID = cgroup.containerID
    record.unit = cgroup.unit
  }

  private static func fill(_ record: inout CaptureRecord, status: StatusFile) {
    record.userID = status.userIDs.first
    record.groupID = status.groupIDs.first
    if status.hasMixedIDs { record.hasChangedCredentials = true }
    // /proc shows the ids from its own namespace inwards.
    if status.nestedIDs.count > 1 { record.containedProcessID = status.nestedIDs.last }
  }

  /// Whether the program was started with rights that its caller doesn't have: AT_SECURE.
  static func isSecure(_ vector: [UInt8]) -> Bool {
    let order: ELFFormat.ByteOrder = 1.littleEndian == 1 ? .little : .big
    let wide = AuxiliaryVector(
      vector.span, in: ELFFormat(width: .bits64, byteOrder: order))
    // Pairs of a 32-bit process are half as long, and read as long ones they name no program headers.
    let isWide = wide[.programHeaders] != nil
    let pairs =
      isWide
      ? wide : AuxiliaryVector(vector.span, in: ELFFormat(width: .bits32, byteOrder: order))
    return pairs[.isSecure].map { $0 != 0 } ?? false
  }
}
