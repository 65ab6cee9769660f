public import CoreIO
public import SystemPackage

/// What a batch tells while it runs, one after another, from any thread.
public enum BatchEvent: Sendable {
  /// So many files have been counted.
  case surveying(files: UInt64)
  /// All files have been counted, where that is asked for: what is going to be done.
  case surveyed(BatchSurvey)
  /// A worker, by its number from 0 on, has begun with a core.
  case began(worker: Int, FilePath, size: UInt64)
  /// A worker has come so far with its core.
  case advanced(worker: Int, WorkProgress.State)
  /// All that the worker does with the core is done but for waiting for the disk.
  case written(worker: Int)
  /// A file is done, whatever became of it.
  case finished(BatchRecord)
  /// Nothing but time has passed: a moment to show how far things are.
  case ticked(waitingForOthers: Int)
  /// All is done: the last event.
  case ended(BatchTally)
}
