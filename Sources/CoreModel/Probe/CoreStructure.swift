package import ELFCore

/// What the headers and notes of a core tell, as far as they survived. Nothing here is taken on trust but that
/// its bytes were there.
package struct CoreStructure: Sendable {
  package var header: FileHeader
  /// What the file header says of the table that is not so, safe to print; nil for nothing.
  package var headerDamage: String?
  /// The file header's bytes as found.
  package var headerBytes: [UInt8]
  /// The whole entries of the program header table, in its order.
  package var table: HeaderTable
  /// Where the whole table lay, or should have lain.
  package var tableRange: Range<UInt64>
  /// What lost entries of the table named.
  package var unnamed = UnnamedMemory()
  /// Every whole note of every PT_NOTE, in order.
  package let notes: [Note]
  /// Those of them that we wrote, which are few: they are asked for often.
  package let ownNotes: [Note]
  /// Whether a PT_NOTE ends in something that is no whole note.
  package var notesAreCut: Bool
  /// Whether no PT_NOTE named the notes, and they were found where the kernel puts them.
  package var notesAreFound: Bool
  /// Whether notes that are lost were found once more, where they stood before a repair.
  package var notesAreMerged: Bool
  /// The note that has the NT_FILE which the process had, where it is another than the core's.
  package var originalFiles: Note?
  /// Whether a PT_NOTE names more or fewer bytes than its notes have.
  package var notesAreMissized: Bool
  /// Whether a thread without an id may be among them.
  package var mayLackID: Bool
  /// Ranges of PT_NOTEs whose bytes are there, and are no whole note.
  package var damagedNotes: [DamageMap.Extent]
  package var sizeFound: UInt64
  /// How long the file should have been; nil where the headers name a size that no file can have.
  package var sizeDue: UInt64?

  package var format: ELFFormat { header.format }
  package var programHeaders: [ProgramHeader] { table.headers }

  /// Who wrote it.
  package var writer: CoreWriter {
    let start = notes.first?.fileOffset ?? 0
    return CoreWriter(
      notes, osABI: header.osABI, hasSections: hasSections, hasKernelMemory: hasKernelMemory,
      isOrdered: !damagedNotes.contains { $0.range.lowerBound < start })
  }

  /// Whether it has memory that is a kernel's: in the upper half of the addresses, and with a physical place, which no
  /// process's core tells.
  private var hasKernelMemory: Bool {
    format.width == .bits64
      && programHeaders.contains {
        $0.kind == .load && $0.address >> 63 == 1 && $0.physicalAddress != 0
      }
  }

  /// Whether a repair made it what it is, or what it was before it was damaged.
  package var wasRepaired: Bool {
    notesAreMerged || notesAreFound || !ownNotes.isEmpty
  }

  /// Whether anything is lost that the headers name. What is lost of a core that is repaired already, none names any more.
  package func isTouched(by damage: DamageMap) -> Bool {
    guard !damage.isWhole else { return false }
    guard sizeDue != nil, damage.survives(tableRange),
      sectionRange.map({ damage.survives($0) }) ?? true
    else { return true }
    return programHeaders.contains {
      $0.fileSize > 0 && !damage.survives($0.fileOffset..<($0.fileEnd ?? .max))
    }
  }

  /// Where the entry of that number in the table lies.
  package func entryRange(_ index: Int) -> Range<UInt64> {
    let size = UInt64(format.programHeaderSize)
    let start = tableRange.lowerBound + UInt64(index) * size
    return start..<start + size
  }

  /// The program headers whose own bytes are not lost: the others name memory that nobody can vouch for.
  func survivingHeaders(_ damage: DamageMap) -> [ProgramHeader] {
    guard !damage.survives(tableRange) else { return programHeaders }
    return programHeaders.enumerated().filter { index, _ in isKnown(at: index, damage) }
      .map(\.element)
  }

  /// Whether the program header at that index in the table is what was written: it is there, or made anew.
  package func isKnown(at index: Int, _ damage: DamageMap) -> Bool {
    let number = table.number(at: index)
    return table.isMended(number) || damage.survives(entryRange(number))
  }

  /// Where the table is zeros, which no writer of cores writes.
  package var zeroedEntries: [Range<UInt64>] { table.zeroed.map(entryRange) }

  /// Where the table has entries that are made anew.
  package var mendedEntries: [Range<UInt64>] { table.mended.map(entryRange) }

  /// Where entries of the table are not what its writer wrote.
  package var damagedEntries: [Range<UInt64>] { table.damaged.map(entryRange) }

  private func entryRange(_ numbers: Range<Int>) -> Range<UInt64> {
    entryRange(numbers.lowerBound).lowerBound..<entryRange(numbers.upperBound).lowerBound
  }

  /// Whether section headers are more than the one that counts program headers.
  package var hasSections: Bool { header.sectionHeaderCount > 1 }

  /// The section header table as the header names it; nil where there is none.
  package var sectionRange: Range<UInt64>? {
    guard header.sectionHeaderOffset > 0 else { return nil }
    let count = max(UInt64(header.sectionHeaderCount), 1)
    let size = count * UInt64(max(Int(header.sectionHeaderEntrySize), format.sectionHeaderSize))
    let (end, overflow) = header.sectionHeaderOffset.addingReportingOverflow(size)
    return overflow ? nil : header.sectionHeaderOffset..<end
  }

  /// Whether the header says that section header 0 has the count of program headers.
  package var countsInSection: Bool { header.programHeaderCount == FileHeader.noCount }
}
