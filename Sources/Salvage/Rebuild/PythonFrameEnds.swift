internal import CoreIO
internal import CoreModel
internal import ELFCore

/// Ends chains of Python's frames where they lead to a stack that is lost.
///
/// A C function that runs Python code keeps an empty frame on its own stack, between the frames of that code and those
/// that called it; in 3.11 it is what a thread's innermost frame is found by. pystack and py-spy show no frame of any thread
/// where one of these can't be read. One that leads nowhere in its place claims no more than that nothing beyond it is
/// known, and lets them show all that survived.
struct PythonFrameEnds {
  private(set) var segments: [RebuiltSegment] = []

  init(_ core: borrowing Core, _ modules: [Module]) throws(SalvageError) {
    let memory = core.memory
    for frame in try PythonFrames(modules, memory).lost {
      // Frames of Python's own functions lie in memory that is no stack: of those nothing is known.
      guard let segment = memory.segment(at: frame.address),
        [.mainStack, .threadStacks].contains(
          core.names.kind(
            of: frame.address..<frame.address + 1,
            segment: segment.address..<segment.memoryEnd, flags: segment.flags))
      else { continue }
      segments += memory.missing(frame.emptyBytes, at: frame.address).map { segment in
        var segment = segment
        segment.source = .pythonFrame
        return segment
      }
    }
  }
}
