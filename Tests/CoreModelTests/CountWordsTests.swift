import CoreIO
import CoreModel
import Testing

@Suite("Words on a number")
struct CountWordsTests {
  @Test("are singular for one, and plural for none and for many")
  func counted() {
    #expect(CoreIO.counted(1, "more range") == "1 more range")
    #expect([0, 2].map { CoreIO.counted($0, "file") } == ["0 files", "2 files"])
    for (size, words) in [(0, "0 bytes are"), (1, "1 byte is"), (5000, "5.0 kB are")] {
      #expect("\(ByteCount(UInt64(size))) \(ByteCount(UInt64(size)).are)" == words)
    }
    #expect(ByteCount(1).were == "was" && ByteCount(2).were == "were")
  }

  @Test(
    "are right where one byte is missing, or too many",
    arguments: [
      (Int64(-1), "1 byte is missing somewhere between offsets 3 and 7."),
      (-2, "2 bytes are missing somewhere between offsets 3 and 7."),
      (1, "1 byte too many, doubled or strange, stands somewhere between offsets 3 and 7."),
      (2, "2 bytes too many, doubled or strange, stand somewhere between offsets 3 and 7."),
    ])
  func seam(change: Int64, words: String) {
    #expect(OffsetSurvey.Seam(range: 3..<7, change: change).sentence == words)
  }

  @Test("are right where one byte inside the file is lost")
  func inside() {
    var map = DamageMap(sizeFound: 100, sizeDue: 100)
    map.lose(10..<11, cause: .named)
    #expect(map.inside == "1 byte inside it is named as lost")
    map.lose(20..<21, cause: .named)
    #expect(map.inside == "2 bytes inside it are named as lost")
  }
}
