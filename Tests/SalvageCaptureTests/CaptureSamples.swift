import CoreModel

/// Records of captures that never were.
enum CaptureSamples {
  /// All that a record can tell, in text.
  static var full: CaptureRecord {
    var record = CaptureRecord(way: .socket, time: 1_764_397_651_004_212, processID: 4242)
    record.bootID = "0123456789abcdef0123456789abcdef"
    record.host = bytes("harbour")
    record.containedProcessID = 7
    record.threadID = 4244
    record.signal = 11
    record.userID = 1000
    record.groupID = 100
    record.hasChangedCredentials = true
    record.name = bytes("typical")
    record.program = bytes("/usr/bin/typical \u{e9}")
    record.commandLine = bytes("typical\0--cut\0\0me\0")
    record.cgroup = bytes("/system.slice/typical.service")
    record.containerID = String(repeating: "ab", count: 32)
    record.unit = bytes("typical.service")
    record.limits = [
      .init(name: "Max core file size", soft: 0, hard: nil),
      .init(name: "Max open files", soft: 1024, hard: .max),
    ]
    record.coredumpFilter = 0x33
    record.steps = [.init(.accepted, 0), .init(.pinned, 400), .init(.done, 812_000)]
    record.wasInterrupted = true
    record.remark = "a remark with \"quotes\", \\ and \u{1f980}"
    record.kill = kill
    record.modules = [
      .init(
        path: bytes("/usr/bin/typical"), base: 0x40_0000, buildID: [1, 0xab], isDeleted: false),
      .init(path: bytes("/memfd:x"), base: .max, buildID: nil, isDeleted: true),
    ]
    record.modulesLeftOut = 3
    return record
  }

  /// By a runtime that its supervisor had been made to stop.
  static var kill: CaptureRecord.Kill {
    var runtime = CaptureRecord.Sender(processID: 812, name: bytes("runc"))
    runtime.commandLine = bytes("runc\0--root\0/run/runc\0kill\0")
    runtime.cgroup = bytes("/")
    runtime.userID = 0
    var supervisor = CaptureRecord.Sender(processID: 1, name: bytes("shim"))
    supervisor.microsecondsBefore = 2100
    return .init(kind: .signal, microseconds: 213_400, senders: [runtime, supervisor])
  }

  /// The least that a record tells.
  static var plain: CaptureRecord {
    var record = CaptureRecord(way: .pipe, time: 1_000_000, processID: 4242)
    record.steps = [.init(.accepted, 0), .init(.done, 1000)]
    return record
  }

  static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
}
