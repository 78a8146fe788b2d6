/// Images and labels to learn from.
///
/// Both functions may be called from several threads at once. What they give for an index must
/// not change during a run, or the run cannot be repeated.
public protocol TrainingData: Sendable {
  /// Number of samples.
  var count: Int { get }
  /// Writes the preprocessed pixels `[3, H, W]` of a sample.
  func pixels(of index: Int, into pixels: UnsafeMutablePointer<Float>) throws
  /// The class of a sample; adaptation never asks for it.
  func label(of index: Int) -> Int
}
