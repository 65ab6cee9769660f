import TestSupport
import Testing

@testable import Salvage

@Suite("What the journal tells of cores")
struct CoredumpMessageTests {
  private func messages(_ text: String) -> [UInt32: CoredumpMessage] {
    CoredumpMessage.messages(in: Array(text.utf8))
  }

  @Test("is the last message about each process")
  func last() {
    let found = messages(
      """
      __CURSOR=s=1
      COREDUMP_PID=7
      COREDUMP_FILENAME=/a

      COREDUMP_PID=8
      COREDUMP_TRUNCATED=1

      COREDUMP_PID=7
      COREDUMP_TRUNCATED=1
      COREDUMP_FILENAME=/b=c

      COREDUMP_PID=x

      """ + "\n")
    #expect(found.count == 2)
    #expect(found[7] == CoredumpMessage(isTruncated: true, fileName: Array("/b=c".utf8)))
    #expect(found[8] == CoredumpMessage(isTruncated: true, fileName: nil))
  }

  @Test("is not what a name with line ends in it says")
  func bytes() {
    let name = "/a\n\nCOREDUMP_PID=9\nCOREDUMP_TRUNCATED=1\n\n"
    let size = String(repeating: "\0", count: 7)
    let text =
      "COREDUMP_PID=7\nCOREDUMP_FILENAME\n\(Character(Unicode.Scalar(UInt8(name.utf8.count))))\(size)\(name)\n\n"
    #expect(
      messages(text) == [7: CoredumpMessage(isTruncated: false, fileName: Array(name.utf8))])
    for length in 0..<text.utf8.count {
      let cut = CoredumpMessage.messages(in: Array(text.utf8.prefix(length)))
      #expect(cut.keys.allSatisfy { $0 == 7 })
    }
  }
}
