import Foundation

extension ImagePreprocessor {
  /// Reads what a model's folder says of its images; the one reader of all commands.
  ///
  /// - Parameters:
  ///   - folder: the model's folder, with a `preprocessor_config.json`.
  ///   - imageSize: H = W, the rows and columns that the model takes.
  /// - Throws: what ``init(contentsOf:)`` throws;
  ///   ``ProbeSuiteError/imageSizeMismatch(model:expected:actual:)``.
  public init(ofModel folder: String, imageSize: Int) throws {
    let path = (folder as NSString).appendingPathComponent("preprocessor_config.json")
    self = try Self(contentsOf: path).checked(forModel: folder, imageSize: imageSize)
  }

  /// This preprocessing, when its images have the size that a model takes.
  ///
  /// - Throws: ``ProbeSuiteError/imageSizeMismatch(model:expected:actual:)``.
  public func checked(forModel model: String, imageSize: Int) throws(ProbeSuiteError) -> Self {
    let (expected, actual) = ([imageSize, imageSize], [outputHeight, outputWidth])
    guard actual == expected else {
      throw .imageSizeMismatch(model: model, expected: expected, actual: actual)
    }
    return self
  }
}
