/// Receives how much of a long task is done: `done` of `total` units.
///
/// Library code calls it from any thread and never prints; the command line draws a bar from it.
public typealias ProgressHandler = @Sendable (_ done: Int, _ total: Int) -> Void
