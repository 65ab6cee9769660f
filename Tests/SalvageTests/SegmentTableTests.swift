import ELFCore
import Salvage
import Testing

@Suite("a program header table that is made when it is written")
struct SegmentTableTests {
  @Test(
    "has the same bytes in whatever parts it is read", arguments: [ELFFormat.Width.bits32, .bits64])
  func parts(width: ELFFormat.Width) {
    let format = ELFFormat(width: width, byteOrder: .big)
    func header(_ number: UInt64) -> ProgramHeader {
      ProgramHeader(
        kind: .load, flags: .read, fileOffset: number, address: number << 16,
        fileSize: number + 1, memorySize: number + 2, alignment: 4096)
    }
    let headers = (1...40).map(header)
    let table = SegmentTable(header(0), headers, in: format)
    var whole: [UInt8] = []
    for header in [header(0)] + headers { header.append(to: &whole, in: format) }
    #expect(table.size == whole.count)
    for start in 0..<table.size {
      for end in [start, start + 1, start + 55, start + 200, table.size] where end <= table.size {
        #expect(table.bytes(in: start..<end) == Array(whole[start..<end]))
      }
    }
  }
}
