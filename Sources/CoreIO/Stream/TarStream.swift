internal import CArchive
internal import Glibc

/// The core in a bundle, where a stream is one; every other stream as it is.
@safe package final class TarStream: ByteStream {
  /// What libarchive's callback is given.
  @safe private final class Input {
    private let upstream: any ByteStream
    /// What was looked at already.
    private var head: [UInt8]
    private let buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: 256 << 10, alignment: 4096)
    /// How many bytes may be read before the first of a member comes. A stranger's list of holes takes memory.
    var budget: Int? = TarStream.mostHeader
    private(set) var isAtEnd = false
    /// How many bytes have been read.
    private(set) var position: UInt64 = 0

    init(_ upstream: any ByteStream, head: [UInt8]) {
      self.upstream = upstream
      self.head = head
    }

    deinit { unsafe buffer.deallocate() }

    var ending: StreamEnding { upstream.ending }
    var doubtful: UInt64 { upstream.doubtful }
    var isChecked: Bool { upstream.isChecked }
    var zerosBehind: UInt64 { upstream.zerosBehind }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
      let first = min(head.count, buffer.count)
      unsafe buffer.copyBytes(from: head[..<first])
      head.removeFirst(first)
      return unsafe first
        + upstream.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[first...]))
    }

    /// Whether what stands beside the core is read too.
    var readsAll = false

    /// Goes over bytes that nobody asks for; how many. Of a file that is packed in nothing no byte vouches for another: that
    /// they are there is all that they tell.
    func skip(_ count: UInt64) -> UInt64 {
      guard !readsAll, head.isEmpty, let file = upstream as? DescriptorStream else { return 0 }
      let skipped = file.skip(count)
      position += skipped
      return skipped
    }

    /// Whether there is another byte than zero behind so many, to the end of the stream; and how many bytes there are, at
    /// least. What libarchive took is `next`'s last.
    func isZero(behind count: UInt64) -> (isZero: Bool, length: UInt64) {
      budget = nil
      let left = position - min(count, position)
      var bytes = unsafe UnsafeRawBufferPointer(
        rebasing: buffer[..<last].suffix(Int(clamping: left)))
      while true {
        guard unsafe ZeroTest.zerosAtEnd(of: bytes) == bytes.count else {
          return (false, position - min(count, position))
        }
        if let file = upstream as? DescriptorStream { position += file.skipHole() }
        guard !isAtEnd, let more = unsafe next() else { break }
        unsafe bytes = more
      }
      return (true, position - min(count, position))
    }

    /// How many bytes `next` gave last.
    private var last = 0

    /// The next bytes; nil where the budget is used up.
    func next() -> UnsafeRawBufferPointer? {
      let count = unsafe read(into: buffer)
      last = count
      isAtEnd = unsafe count < buffer.count
      position += UInt64(count)
      if let left = budget {
        guard left >= count else { return nil }
        budget = left - count
      }
      return unsafe UnsafeRawBufferPointer(rebasing: buffer[..<count])
    }
  }

  /// Whether what stands beside the core is read too, where it could be gone over. To be said before the first byte is read.
  package var readsAll: Bool {
    get { input.readsAll }
    set { input.readsAll = newValue }
  }

  /// The name of the file that it begins with, where it is a tar archive and that is no bundle's core.
  package let firstFile: String?
  private let input: Input
  /// nil where the stream is none.
  private let archive: OpaquePointer?
  /// How much of the core has come.
  private var position: UInt64 = 0
  /// How many zeros come next, and then which bytes: libarchive's, up to the next call.
  private var zeros: UInt64 = 0
  private var block = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
  /// The core's size, as its entry tells; nil before its first byte.
  package private(set) var size: UInt64?
  /// When the core was last written to, in microseconds since 1970; nil before its first byte, and where that is not told.
  package private(set) var modified: UInt64?
  private var isAtEnd = false
  package private(set) var ending = StreamEnding.whole
  /// What stands behind the core, to the end of what that is packed in.
  package private(set) var rest = StreamRest()
  /// What came behind the core is no part of it.
  package var doubtful: UInt64 {
    let behind = coreEnd.map { input.position - $0 } ?? 0
    return input.doubtful - min(behind, input.doubtful)
  }
  /// Whether it is one of ours, by what stands before the core.
  private var isOurs = false
  /// The name of the folder behind its core then.
  private var filesName = ""
  /// Where the core's end was passed, at the latest.
  private var coreEnd: UInt64?

  /// A tar archive's first record has a mark that no core's beginning has.
  private static let recordSize = 512
  private static let mark = Array("ustar".utf8)
  private static let elfMark: [UInt8] = [0x7f, 0x45, 0x4c, 0x46]
  private static let markOffset = 257
  /// A bundle's core is among its first members.
  private static let mostMembers = 64
  /// Why another tar archive is none.
  private static let noBundle = "a tar archive, and no bundle: it has no core beside a README"
  /// The same of one in which no core came soon.
  private static let noBundleSoFar =
    "a tar archive, and no bundle: tar -xOf gets the core out of it"
  /// Zeros are made and looked at: a stranger's number of them could keep us for years.
  private static let largestHole: UInt64 = 1 << 40
  /// What is read up to a member's first byte at the most.
  private static let mostHeader = 16 << 20

  package init(_ upstream: any ByteStream) {
    var head = [UInt8](repeating: 0, count: Self.recordSize + Self.elfMark.count)
    let count = unsafe head.withUnsafeMutableBytes { unsafe upstream.read(into: $0) }
    head.removeLast(head.count - count)
    input = Input(upstream, head: head)
    firstFile = Self.isTar(head) ? Self.firstFile(head) : nil
    unsafe archive = Self.isTar(head) ? archive_read_new() : nil
  }

  deinit { unsafe archive_read_free(archive) }

  /// Whether bytes begin a tar archive.
  package static func isTar(_ head: [UInt8]) -> Bool {
    head.count >= recordSize && head[markOffset...].starts(with: mark)
      && !head.starts(with: elfMark)
  }

  /// The name of the file that a tar archive begins with, as a shell takes it: plain letters alone. nil where it begins with
  /// something else or with the core of a bundle, `NAME` where it can't be shown so or is no ELF file.
  private static func firstFile(_ head: [UInt8]) -> String? {
    // A file, an old one, one with holes.
    guard [0x30, 0, 0x53].contains(head[156]) else { return nil }
    let name = head[..<100].prefix { $0 != 0 }
    let isPlain = name.allSatisfy { byte in
      let letter = Character(Unicode.Scalar(byte))
      return letter.isASCII && (letter.isLetter || letter.isNumber || "._/+:@-".contains(letter))
    }
    guard isPlain, let first = name.first, first != UInt8(ascii: "-"), head[345] == 0 else {
      return Packing.anyName
    }
    let text = String(decoding: name, as: UTF8.self)
    guard !isCore(text) else { return nil }
    return head[recordSize...].elementsEqual(elfMark) ? text : Packing.anyName
  }

  /// Whether a member is a bundle's core: `FOLDER/core`.
  private static func isCore(_ name: String) -> Bool {
    name.hasSuffix("/core") && name.count { $0 == "/" } == 1
  }

  /// Whether a bundle is as we write it, by the members before its core: right behind that comes the folder of the files then.
  /// Who packs it anew has them in any order.
  private static func isOurs(_ names: [String]) -> Bool {
    guard let folder = names.first, folder.hasSuffix("/") else { return false }
    return names.elementsEqual(ownMembers.map { folder + $0 })
  }
  /// What ours has before its core, the folder itself first.
  private static let ownMembers = ["", "README", "run-gdb", "run-lldb"]

  /// How many bytes `isTar` looks at.
  package static var headSize: Int { recordSize }

  /// Of a bundle, of all of it: it is read to its end for that.
  package var isChecked: Bool { isTar ? rest.isChecked : input.isChecked }
  package var zerosBehind: UInt64 { input.zerosBehind }

  /// Whether it was one.
  package var isTar: Bool { unsafe archive != nil }

  /// Whether it was one that nobody made of a core, as far as it was read: a bundle begins with its folder or its core, and
  /// has the core among its first members.
  package var isStrangers: Bool {
    isTar
      && (firstFile != nil
        || [.damaged(Self.noBundle), .damaged(Self.noBundleSoFar)].contains(ending))
  }

  package func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    guard let archive = unsafe archive else {
      let count = unsafe input.read(into: buffer)
      ending = input.ending
      return count
    }
    if size == nil { unsafe open(archive) }
    var done = 0
    while done < buffer.count {
      let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
      if zeros > 0 {
        let count = Int(min(zeros, UInt64(rest.count)))
        unsafe UnsafeMutableRawBufferPointer(rebasing: rest[..<count])
          .initializeMemory(as: UInt8.self, repeating: 0)
        zeros -= UInt64(count)
        done += count
      } else if unsafe !block.isEmpty {
        let count = unsafe min(block.count, rest.count)
        unsafe rest.copyMemory(from: UnsafeRawBufferPointer(rebasing: block[..<count]))
        unsafe block = UnsafeRawBufferPointer(rebasing: block[count...])
        done += count
      } else if isAtEnd {
        break
      } else {
        unsafe next(archive)
      }
    }
    return done
  }

  /// Finds the core.
  private func open(_ archive: OpaquePointer) {
    size = 0
    unsafe archive_read_support_format_tar(archive)
    let result = unsafe archive_read_open2(
      archive, Unmanaged.passUnretained(input).toOpaque(), nil,
      { _, input, start in
        guard let input = unsafe input, let start = unsafe start,
          let bytes = unsafe Unmanaged<Input>.fromOpaque(input).takeUnretainedValue().next()
        else { return -1 }
        unsafe start.pointee = bytes.baseAddress
        return bytes.count
      },
      { _, input, count in
        guard let input = unsafe input, count > 0 else { return 0 }
        let stream = unsafe Unmanaged<Input>.fromOpaque(input).takeUnretainedValue()
        return Int64(clamping: stream.skip(UInt64(count)))
      }, nil)
    guard result >= ARCHIVE_WARN else { return unsafe fail(archive) }
    var entry: OpaquePointer?
    var names: [String] = []
    for _ in 0..<Self.mostMembers {
      let result = unsafe archive_read_next_header(archive, &entry)
      if result == ARCHIVE_EOF { break }
      guard result >= ARCHIVE_WARN, let entry = unsafe entry else { return unsafe fail(archive) }
      let name = unsafe archive_entry_pathname(entry).map { unsafe String(cString: $0) } ?? ""
      guard unsafe archive_entry_filetype(entry) == S_IFREG, Self.isCore(name) else {
        // A stranger's may be as long as a header may be: one more than ours tells that it is none.
        if names.count <= Self.ownMembers.count { names.append(name) }
        continue
      }
      isOurs = Self.isOurs(names)
      filesName = name.dropLast("core".count) + "root/"
      size = UInt64(max(0, unsafe archive_entry_size(entry)))
      modified = unsafe time(of: entry)
      return
    }
    end(.damaged(Self.noBundle))
  }

  private func time(of entry: OpaquePointer) -> UInt64? {
    guard unsafe archive_entry_mtime_is_set(entry) != 0,
      let seconds = unsafe UInt64(exactly: archive_entry_mtime(entry)), seconds > 0
    else { return nil }
    let (time, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
    let more = unsafe UInt64(max(0, archive_entry_mtime_nsec(entry))) / 1000
    return overflow ? nil : time.addingReportingOverflow(more).partialValue
  }

  /// The next piece of the core and the hole before it.
  private func next(_ archive: OpaquePointer) {
    var start: UnsafeRawPointer?
    var count = 0
    var offset: Int64 = 0
    let result = unsafe archive_read_data_block(archive, &start, &count, &offset)
    let isEnd = result == ARCHIVE_EOF
    guard isEnd || result >= ARCHIVE_WARN else {
      // What fills the last record is no part of the core.
      return position == size ? readOn(unsafe broken(archive)) : unsafe fail(archive)
    }
    input.budget = nil
    let place = isEnd ? size ?? 0 : UInt64(max(0, offset))
    isAtEnd = isEnd
    guard place >= position || isEnd else { return end(.damaged("its parts lie over each other")) }
    let hole = place > position ? place - position : 0
    guard hole <= Self.largestHole else { return end(.damaged("a hole of more than 1 TiB")) }
    zeros = hole
    position += hole
    guard !isEnd else { return readOn(unsafe walk(archive)) }
    unsafe block = UnsafeRawBufferPointer(start: start, count: count)
    position += UInt64(count)
  }

  /// Goes over the members behind the core, and tells how they end.
  private func walk(_ archive: OpaquePointer) -> StreamEnding {
    coreEnd = input.position
    var entry: OpaquePointer?
    var isFirst = true
    while true {
      input.budget = Self.mostHeader
      let result = unsafe archive_read_next_header(archive, &entry)
      let ending: StreamEnding? =
        switch result {
        case ARCHIVE_OK, ARCHIVE_WARN: nil
        case ARCHIVE_EOF: unsafe endMark(archive)
        default: unsafe broken(archive)
        }
      if isFirst, ending != .cut {
        let name = unsafe entry.flatMap { unsafe archive_entry_pathname($0) }
          .map { unsafe String(cString: $0) }
        rest.isInPlace =
          if case .damaged = ending { false } else { !isOurs || ending == nil && name == filesName }
      }
      if isFirst, !rest.isInPlace { return .damaged("what belongs behind its core is not there") }
      isFirst = false
      if let ending { return ending }
      input.budget = nil
      guard unsafe archive_read_data_skip(archive) >= ARCHIVE_WARN else {
        return unsafe broken(archive)
      }
    }
  }

  /// How an archive ends whose mark of the end was read.
  private func endMark(_ archive: OpaquePointer) -> StreamEnding {
    let end = unsafe archive_filter_bytes(archive, 0)
    // libarchive takes an archive for whole that has no mark of its end, or half of it.
    let isMarked = unsafe end - archive_read_header_position(archive) >= 2 * Self.recordSize
    // Behind a stranger's there may be anything.
    guard isOurs else { return isMarked ? .whole : .cut }
    // Behind ours there is nothing; zeros inside a file look like the mark.
    let behind = input.isZero(behind: UInt64(max(0, end)))
    guard behind.isZero else { return .damaged("bytes behind the mark of its end") }
    guard isMarked else { return .cut }
    return behind.length == 0 || input.isChecked
      ? .whole : .damaged("its last \(ByteCount(behind.length)) are zeros")
  }

  /// How an archive ends that can't be read on.
  private func broken(_ archive: OpaquePointer) -> StreamEnding {
    let reason = unsafe archive_error_string(archive).map { unsafe String(cString: $0) }
    return reason?.hasPrefix("Truncated") ?? true ? .cut : .damaged(reason ?? "")
  }

  /// Goes to the end of what the archive is packed in: only that tells whether it is right.
  ///
  /// - Parameter members: how the members behind the core end. Where they are cut or damaged, nothing of the core is.
  private func readOn(_ members: StreamEnding) {
    isAtEnd = true
    coreEnd = coreEnd ?? input.position
    input.budget = nil
    _ = input.skip(.max)
    while !input.isAtEnd { _ = unsafe input.next() }
    rest.ending = members
    rest.isChecked = input.isChecked
    switch input.ending {
    case .whole: break
    // That is then why nothing is in its place.
    case .cut: (rest.ending, rest.isInPlace) = (.cut, true)
    case .damaged(let reason) where doubtful == 0:
      (rest.ending, rest.isInPlace) = (.damaged(reason), true)
    case .damaged, .checksumWrong, .unreadable: ending = input.ending
    }
  }

  private func fail(_ archive: OpaquePointer) {
    guard input.ending == .whole else { return end(input.ending) }
    guard input.budget.map({ $0 > 256 << 10 }) ?? true else {
      return end(.damaged(Self.noBundleSoFar))
    }
    guard !input.isAtEnd else { return end(.cut) }
    let reason = unsafe archive_error_string(archive).map { unsafe String(cString: $0) }
    end(.damaged(reason ?? "no tar archive"))
  }

  private func end(_ ending: StreamEnding) {
    isAtEnd = true
    self.ending = ending
  }
}
