/// The images of a suite as one model takes them.
public struct SuitePixels: Sendable {
  /// The images.
  public let suite: OpenSuite
  /// How images become pixels: as the suite says, else as the model does.
  public let preprocessor: ImagePreprocessor
  private let pixelCount: Int

  /// Checks that the images fit the model.
  ///
  /// - Parameters:
  ///   - model: the model's folder.
  ///   - imageSize: H = W, the rows and columns that the model takes.
  /// - Throws: ``ProbeSuiteError/imageSizeMismatch(model:expected:actual:)``, `ImageError`,
  ///   `DocumentError`.
  public init(_ suite: OpenSuite, forModel model: String, imageSize: Int) throws {
    preprocessor =
      if let stated = suite.suite.preprocessing {
        try stated.checked(forModel: model, imageSize: imageSize)
      } else {
        try ImagePreprocessor(ofModel: model, imageSize: imageSize)
      }
    self.suite = suite
    pixelCount = 3 * imageSize * imageSize
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
