/// Images and targets to learn from.
///
/// The functions may be called from several threads at once. What they give for an index must
/// not change during a run, or the run cannot be repeated.
public protocol TrainingData: Sendable {
  /// Number of samples.
  var count: Int { get }
  /// Writes the preprocessed pixels `[3, H, W]` of a sample.
  func pixels(of index: Int, into pixels: UnsafeMutablePointer<Float>) throws
  /// What a sample should be classified as; adaptation never asks for it.
  func target(of index: Int) -> SampleTarget
}

/// What a sample should be classified as.
public enum SampleTarget: Sendable, Hashable {
  /// One class.
  case label(Int)
  /// A teacher's probabilities of all classes `[C]`: distillation (Hinton et al. 2015) at
  /// temperature 1.
  case probabilities([Double])
}
