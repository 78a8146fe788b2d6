import Foundation
import ModelMerging
import ProbeImages
import RoutedModels
import VisionTransformers

/// The images of a suite as one model takes them.
public struct SuitePixels: Sendable {
  /// The images.
  public let suite: OpenSuite
  /// How images become pixels: as the suite says, else as the model does.
  public let preprocessor: ImagePreprocessor
  private let pixelCount: Int

  /// Checks that the images fit the model.
  ///
  /// - Throws: ``ProbingError/imageSizeMismatch(model:expected:actual:)``, `ImageError`,
  ///   `CheckpointError`.
  public init(_ suite: OpenSuite, for model: ModelFolder) throws {
    let own = (model.path as NSString).appendingPathComponent("preprocessor_config.json")
    preprocessor = try suite.suite.preprocessing ?? ImagePreprocessor(contentsOf: own)
    let side = model.configuration.imageSize
    let made = [preprocessor.outputHeight, preprocessor.outputWidth]
    guard made == [side, side] else {
      throw ProbingError.imageSizeMismatch(
        model: model.path, expected: [side, side], actual: made)
    }
    self.suite = suite
    pixelCount = model.configuration.pixelCount
  }

  /// Decodes and preprocesses row `row` of the suite; shape `[3, H, W]`.
  ///
  /// - Throws: `ImageError` with the image's name.
  public func write(_ row: Int, into destination: UnsafeMutablePointer<Float>) throws {
    preprocessor.write(
      try suite.image(row),
      into: UnsafeMutableBufferPointer(start: destination, count: pixelCount))
  }
}

extension OpenSuite {
  /// Up to `count` rows of every task, evenly over the task's own.
  public func evenRows(perTask count: Int) -> [Int] {
    var first = 0
    return suite.tasks.flatMap { task in
      defer { first += task.count }
      let wanted = min(count, task.count)
      return (0..<wanted).map { first + $0 * task.count / wanted }
    }
  }
}
