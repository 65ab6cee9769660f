internal import CoreIO
internal import ELFCore

/// The fields of a file header that can have one value alone in a core, where one bit of one of them is wrong.
///
/// A debugger refuses a core for some of them, and no byte of memory is less there for it. A value that more is wrong with is
/// another writer's, or no core's.
struct HeaderFields {
  /// The header as it must be.
  private(set) var header: FileHeader
  let foundType: UInt16
  /// What it says instead, in words that are safe to print.
  private(set) var damage: [String] = []

  init(_ found: FileHeader, _ bytes: [UInt8]) {
    header = found
    foundType = found.type
    let format = found.format
    let isTypeWrong = judge(FileHeader.Layout.type, bytes, UInt64(FileHeader.coreType))
    if isTypeWrong { header.type = FileHeader.coreType }
    if bytes.count > FileHeader.identVersion {
      judge("EI_VERSION", UInt64(bytes[FileHeader.identVersion]), 1)
    }
    judge(FileHeader.Layout.version, bytes, 1)
    judge(FileHeader.Layout.headerSize, bytes, UInt64(format.fileHeaderSize))
    let entrySize = UInt16(format.programHeaderSize)
    if judge(FileHeader.Layout.programHeaderEntrySize, bytes, UInt64(entrySize)) {
      header.programHeaderEntrySize = entrySize
    }
    judgeSections()
  }

  @discardableResult
  private mutating func judge(_ field: Field, _ bytes: [UInt8], _ right: UInt64) -> Bool {
    judge(field.name, field.read(bytes.span, in: header.format) ?? 0, right)
  }

  /// Whether a value is a wrong one.
  @discardableResult
  private mutating func judge(_ name: String, _ found: UInt64, _ right: UInt64) -> Bool {
    guard (found ^ right).nonzeroBitCount == 1 else { return false }
    damage.append("\(name) \(found) where there can be \(right) alone")
    return true
  }

  /// A table of sections that has a place and no entries, or entries and no place, is none.
  private mutating func judgeSections() {
    // .NET's createdump has the section that counts program headers between the file header and them, whether that is needed or
    // not.
    let (start, size) = (header.sectionHeaderOffset, UInt64(header.format.sectionHeaderSize))
    let isBefore = start > 0 && header.programHeaderOffset == start +| size
    guard header.programHeaderCount != FileHeader.noCount, !isBefore else { return }
    if header.sectionHeaderOffset.nonzeroBitCount == 1, header.sectionHeaderCount == 0 {
      damage.append("e_shoff \(header.sectionHeaderOffset) where there are no sections")
      header.sectionHeaderOffset = 0
    }
    if header.sectionHeaderOffset == 0, header.sectionHeaderCount.nonzeroBitCount == 1 {
      damage.append("e_shnum \(header.sectionHeaderCount) where there are no sections")
      header.sectionHeaderCount = 0
    }
  }
}
