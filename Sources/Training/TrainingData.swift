/// Images and labels to learn from.
///
/// The functions may be called from several threads at once. What they give for an index must
/// not change during a run, or the run cannot be repeated.
public protocol TrainingData: Sendable {
  /// Number of samples.
  var count: Int { get }
  /// Writes the preprocessed pixels `[3, H, W]` of a sample.
  func pixels(of index: Int, into pixels: UnsafeMutablePointer<Float>) throws
  /// The class of a sample; adaptation never asks for it.
  func label(of index: Int) -> Int
  /// What a sample should be classified as: its class, unless a teacher says more.
  func target(of index: Int) -> SampleTarget
}

extension TrainingData {
  /// The sample's class.
  public func target(of index: Int) -> SampleTarget { .label(label(of: index)) }
}

/// What a sample should be classified as.
public enum SampleTarget: Sendable, Hashable {
  /// One class.
  case label(Int)
  /// A teacher's probabilities of all classes `[C]`: distillation (Hinton et al. 2015) at
  /// temperature 1.
  case probabilities([Double])
}
