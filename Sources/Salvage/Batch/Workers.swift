internal import Glibc

/// Threads that do one work together.
enum Workers {
  private final class Job: Sendable {
    let work: @Sendable (Int) -> Void
    let index: Int

    init(index: Int, work: @escaping @Sendable (Int) -> Void) {
      self.index = index
      self.work = work
    }
  }

  /// How many threads there should be when nobody says.
  static var coreCount: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

  /// Runs `work` on `count` threads, the calling one among them, and waits for all.
  static func run(_ count: Int, _ work: @escaping @Sendable (Int) -> Void) {
    var threads: [pthread_t] = []
    for index in 1..<max(count, 1) {
      var thread = pthread_t()
      let job = unsafe Unmanaged.passRetained(Job(index: index, work: work))
      let result = unsafe pthread_create(
        &thread, nil,
        { argument in
          if let argument = unsafe argument {
            let job = unsafe Unmanaged<Job>.fromOpaque(argument).takeRetainedValue()
            job.work(job.index)
          }
          return nil
        }, job.toOpaque())
      // With fewer threads the work takes longer, and is done all the same.
      guard result == 0 else {
        unsafe job.release()
        break
      }
      threads.append(thread)
    }
    work(0)
    for thread in threads { pthread_join(thread, nil) }
  }
}
