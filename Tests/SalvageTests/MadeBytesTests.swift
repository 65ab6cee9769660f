import CoreModel
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

@Suite("the descriptor of a LOST note that is made when it is written")
struct LostNoteTests {
  @Test("has the same bytes in whatever parts it is read")
  func parts() {
    let ranges = (1...20).map { number in
      LostRange(
        address: UInt64(number) << 16, length: UInt64(number), fileOffset: UInt64(number) << 8,
        headerIndex: UInt32(number), flags: .read, cause: .pastEnd, state: .dropped)
    }
    let note = LostNote(sizeFound: 1 << 20, sizeDue: 1 << 21, ranges: ranges)
    let whole = note.descriptor(.big)
    #expect(whole.count == note.descriptorSize)
    #expect(whole.count == LostNote.headerSize + LostNote.entrySize * ranges.count)
    for start in 0..<whole.count {
      for end in [start, start + 1, start + 33, start + 200, whole.count]
      where end >= start && end <= whole.count {
        #expect(note.descriptor(in: start..<end, .big) == Array(whole[start..<end]))
      }
    }
  }

  @Test("is only the header where nothing is lost")
  func nothing() {
    let note = LostNote(sizeFound: 7, sizeDue: 7, ranges: [])
    #expect(note.descriptor(.little).count == LostNote.headerSize)
    #expect(note.descriptor(in: 8..<16, .little) == [0, 0, 0, 0, 0, 0, 0, 0])
  }
}
