internal import CLinux
package import SystemPackage

/// A pipe, a socket, or a file read from where it stands to its end.
package final class DescriptorStream: ByteStream {
  private let descriptor: FileDescriptor
  /// Closes the descriptor in the end, where that is ours to do.
  private let owner: InputFile?
  /// What was looked at already.
  private var head: [UInt8] = []
  private var isAtEnd = false
  package private(set) var ending = StreamEnding.whole
  /// How many bytes have been read.
  package private(set) var position: UInt64 = 0

  package init(_ descriptor: FileDescriptor) {
    self.descriptor = descriptor
    owner = nil
    // The fewer bytes a pipe holds, the more often both ends wait for each other. What can't be had, can't.
    _ = linux_set_pipe_size(descriptor.rawValue, 1 << 20)
  }

  package init(_ file: InputFile) {
    descriptor = file.descriptor
    owner = file
  }

  /// The next bytes, which stay to be read; fewer than `count` only where the stream ends.
  package func peek(_ count: Int) -> [UInt8] {
    while head.count < count, !isAtEnd {
      var more = [UInt8](repeating: 0, count: count - head.count)
      let got = unsafe more.withUnsafeMutableBytes { unsafe fill($0) }
      head.append(contentsOf: more[..<got])
    }
    return head
  }

  /// Goes over the next bytes of a file without reading them, to its end at most; how many. Over none where it is no file.
  package func skip(_ count: UInt64) -> UInt64 {
    guard let owner, head.isEmpty, !isAtEnd,
      let place = try? descriptor.seek(offset: 0, from: .current),
      let place = UInt64(exactly: place), place < owner.size
    else { return 0 }
    let count = min(count, owner.size - place)
    guard (try? descriptor.seek(offset: Int64(clamping: place + count), from: .start)) != nil else {
      return 0
    }
    position += count
    return count
  }

  /// Goes over the hole of a file that comes next; how long that is.
  package func skipHole() -> UInt64 {
    guard let owner, head.isEmpty, !isAtEnd,
      let place = try? descriptor.seek(offset: 0, from: .current),
      let place = UInt64(exactly: place), place < owner.size
    else { return 0 }
    let data = owner.firstData(in: place..<owner.size)?.lowerBound ?? owner.size
    // The search has moved it.
    _ = try? descriptor.seek(offset: Int64(clamping: place), from: .start)
    return skip(data - place)
  }

  /// Reads over the next `count` bytes.
  package func discard(_ count: UInt64) {
    var left = count
    var scratch = [UInt8](repeating: 0, count: 64 << 10)
    while left > 0 {
      let most = Int(min(left, UInt64(scratch.count)))
      let got = unsafe scratch.withUnsafeMutableBytes {
        unsafe read(into: UnsafeMutableRawBufferPointer(rebasing: $0[..<most]))
      }
      guard got > 0 else { return }
      left -= UInt64(got)
    }
  }

  package func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let first = min(head.count, buffer.count)
    unsafe buffer.copyBytes(from: head[..<first])
    head.removeFirst(first)
    let count = unsafe first + fill(UnsafeMutableRawBufferPointer(rebasing: buffer[first...]))
    position += UInt64(count)
    return count
  }

  /// Fills the buffer as far as the stream goes.
  private func fill(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
    var done = 0
    while done < buffer.count, !isAtEnd {
      do {
        let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
        let count = try unsafe descriptor.read(into: rest)
        isAtEnd = count == 0
        done += count
      } catch {
        // Nothing has come yet, and whoever shares the pipe doesn't want to wait for it. We do.
        guard !errno(of: error).isWait else {
          descriptor.waitUntilReadable()
          continue
        }
        isAtEnd = true
        ending = .unreadable(errno(of: error))
      }
    }
    return done
  }
}
