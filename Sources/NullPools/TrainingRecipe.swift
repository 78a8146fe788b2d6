/// How one expert is trained: everything but the model, the head and the images.
public struct TrainingRecipe: Sendable, Hashable, Codable {
  /// The highest learning rate; it falls along half a cosine.
  public var learningRate: Double
  /// Images in a batch.
  public var batch: Int
  /// Optimiser steps.
  public var steps: Int
  /// Steps in which the rate rises.
  public var warmupSteps: Int
  /// Decoupled weight decay.
  public var weightDecay: Double
  /// Share of the target that is spread over all classes.
  public var labelSmoothing: Double
  /// Seed of the images' order.
  public var seed: UInt64

  enum CodingKeys: String, CodingKey {
    case batch, steps, seed
    case learningRate = "learning_rate"
    case warmupSteps = "warmup_steps"
    case weightDecay = "weight_decay"
    case labelSmoothing = "label_smoothing"
  }
}
