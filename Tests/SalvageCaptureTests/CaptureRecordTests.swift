import CoreIO
import CoreModel
import FuzzWays
import TestSupport
import Testing

@Suite("What a CAPTURE note tells")
struct CaptureRecordTests {
  @Test("the state of a capture is the last one that it reached")
  func stateIsTheLastStep() {
    var record = CaptureRecord(way: .socket, time: 1, processID: 2)
    #expect(record.state == .accepted)
    record.steps = [.init(.accepted, 0), .init(.pinned, 400)]
    #expect(record.state == .pinned)
  }

  @Test("is read again as it was written, whatever of it is known")
  func identity() {
    var cut = CaptureSamples.plain
    cut.partialThreads = 5
    for record in [CaptureSamples.full, CaptureSamples.plain, cut] {
      #expect(CaptureRecord(noteDescriptor: record.noteDescriptor) == record)
    }
    for kind in CaptureRecord.Kill.Kind.allCases {
      var record = CaptureSamples.plain
      record.kill = .init(kind: kind, microseconds: 5, senders: [])
      #expect(CaptureRecord(noteDescriptor: record.noteDescriptor) == record)
    }
  }

  @Test("is one line of ASCII, and strict JSON")
  func isJSON() throws {
    let bytes = CaptureSamples.full.noteDescriptor
    #expect(bytes.allSatisfy { (0x20..<0x7f).contains($0) })
    let json = try ParsedJSON(String(decoding: bytes, as: UTF8.self))
    #expect(json["format"]?.number == 1)
    #expect(json["commandLine"]?.array?.map(\.string) == ["typical", "--cut", "", "me"])
    #expect(json["modules"]?.array?.first?["buildID"]?.string == "01ab")
    #expect(json["kill"]?["senders"]?.array?.first?["name"]?.string == "runc")
  }

  @Test("bytes that are no UTF-8 are escaped, and stay so")
  func escapes() {
    var record = CaptureSamples.plain
    record.name = [0xff, 0x41]
    #expect(CaptureRecord(noteDescriptor: record.noteDescriptor)?.name == Array("\\xffA".utf8))
  }

  @Test("of more modules than fit, the first are told and the rest counted")
  func isBounded() throws {
    var record = CaptureSamples.plain
    let path = [UInt8](repeating: 1, count: 4000)
    record.modules = (0..<1000).map {
      .init(path: path, base: UInt64($0) << 12, buildID: nil, isDeleted: false)
    }
    let bytes = record.noteDescriptor
    #expect(bytes.count <= 4 << 20)
    let read = try #require(CaptureRecord(noteDescriptor: bytes))
    #expect(read.modulesLeftOut > 0)
    #expect(UInt64(read.modules.count) + read.modulesLeftOut == 1000)
  }

  @Test("what is unknown or of a wrong type is as if it were not there")
  func wrongTypes() throws {
    let text = """
      {"format":1,"way":"pipe","time":5,"pid":7,"uid":"root","gid":-1,"signal":1e3,"tid":4294967296,
       "limits":[{"name":"a","soft":"x","hard":null},7,{"name":"b","soft":null,"hard":3}],
       "steps":[{"state":"flown","at":1},{"state":"noted","at":2}],"kill":{"kind":"cosmic","at":9},
       "modules":[{"path":"/x","base":"0xzz"},{"path":"/y","base":"0x10","buildID":"abc"}],
       "commandLine":["a",1,"b"],"name":["x"],"later":{"deep":[{}]}}
      """
    let record = try #require(CaptureRecord(noteDescriptor: Array(text.utf8)))
    #expect(record.userID == nil && record.groupID == nil && record.signal == nil)
    #expect(record.threadID == nil && record.name.isEmpty)
    #expect(record.limits == [.init(name: "b", soft: nil, hard: 3)])
    #expect(record.steps == [.init(.noted, 2)])
    #expect(record.kill == .init(kind: .unknown, microseconds: 9, senders: []))
    #expect(record.modules.map(\.base) == [0x10])
    #expect(record.modules.first?.buildID == nil)
    #expect(record.commandLine == Array("a\0b\0".utf8))
  }

  @Test(
    "what tells no capture is none",
    arguments: [
      "", "{}", "[]", "null", "7", #"{"format":2,"way":"pipe","time":5,"pid":7}"#,
      #"{"format":1,"way":"post","time":5,"pid":7}"#, #"{"format":1,"way":"pipe","time":5}"#,
      #"{"format":1,"way":"pipe","time":5,"pid":7}x"#,
      #"{"format":1,"way":"pipe","time":5,"pid":7"#,
    ])
  func none(_ text: String) {
    #expect(CaptureRecord(noteDescriptor: Array(text.utf8)) == nil)
  }

  @Test("no prefix of a note is a note")
  func prefixes() {
    let bytes = CaptureSamples.full.noteDescriptor
    for count in 0..<bytes.count {
      #expect(CaptureRecord(noteDescriptor: Array(bytes[..<count])) == nil, "\(count) bytes")
    }
  }

  @Test("random bytes, and a note with random bytes in it, trap nothing", arguments: [1, 2, 3])
  func random(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let note = CaptureSamples.full.noteDescriptor
    for _ in 0..<2000 {
      let length = Int.random(in: 0..<64, using: &random)
      Way.take([0, 0] + (0..<length).map { _ in .random(in: 0...255, using: &random) }, as: .json)
      var damaged = note
      for _ in 0..<3 {
        damaged[.random(in: 0..<note.count, using: &random)] = .random(in: 0...255, using: &random)
      }
      Way.take([0, 0] + damaged, as: .json)
    }
  }
}
