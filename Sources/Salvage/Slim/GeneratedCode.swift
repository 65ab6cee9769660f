internal import CoreModel
internal import ELFCore

/// The pages of code that no file has, for it was made while the process ran, which the frames on the stacks lead through.
/// Without them lldb shows nothing beyond the first such frame.
struct GeneratedCode {
  private(set) var pages: [Range<UInt64>] = []

  private static let most: UInt64 = 1 << 20

  init(_ core: Core, from stacks: [Range<UInt64>], _ kinds: SegmentKinds) {
    let memory = core.memory
    // Where all that can be read can be executed too, data passes for code, and must not be kept for that.
    let isLawless = memory.segments.contains { segment in
      segment.flags.contains(.execute) && [.stacks, .heap].contains(kinds.kind(of: segment))
    }
    guard !isLawless else { return }
    func isGenerated(_ segment: ProgramHeader) -> Bool {
      guard segment.flags.contains(.execute) else { return false }
      return [.anonymous, .shared].contains(kinds.kind(of: segment))
    }
    let pageSize = ReachedMemory.pageSize
    for pointer in core.process.threads.compactMap(\.programCounter) {
      // Code of a file is like it where NT_FILE is lost; that was never dumped.
      guard let segment = memory.segment(at: pointer), pointer < segment.dumpedEnd,
        isGenerated(segment)
      else { continue }
      let page = pointer & ~(pageSize - 1)
      pages.append(max(page, segment.address)..<min(page +| pageSize, segment.dumpedEnd))
    }
    pages +=
      ReachedMemory(from: stacks, depth: 1, budget: Self.most, memory, where: isGenerated)
      .pages
  }
}
