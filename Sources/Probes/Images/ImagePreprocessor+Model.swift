import Documents
import Files
import Foundation

extension ImagePreprocessor {
  /// Reads what a model's folder says of its images; the one reader of all commands.
  ///
  /// It stands in `preprocessor_config.json`, or, as newer transformers save it, under
  /// `image_processor` in `processor_config.json`. Where both are there they must mean the same.
  ///
  /// - Parameters:
  ///   - folder: the model's folder.
  ///   - imageSize: H = W, the rows and columns that the model takes.
  /// - Throws: what ``init(contentsOf:)`` throws; ``ImageError/twoPreprocessings(file:other:)``;
  ///   ``ProbeSuiteError/imageSizeMismatch(model:expected:actual:)``.
  public init(ofModel folder: String, imageSize: Int) throws {
    let own = (folder as NSString).appendingPathComponent(Self.fileNames[0])
    let whole = (folder as NSString).appendingPathComponent(Self.fileNames[1])
    let nested = try FileManager.default.fileExists(atPath: whole) && Self.hasNested(whole)
    if nested, FileManager.default.fileExists(atPath: own) {
      guard try Self(contentsOf: own) == Self(contentsOf: whole) else {
        throw ImageError.twoPreprocessings(file: own, other: whole)
      }
    }
    self = try Self(contentsOf: nested ? whole : own).checked(
      forModel: folder, imageSize: imageSize)
  }

  /// The files of a model's folder that say what is done to images.
  public static let fileNames = ["preprocessor_config.json", "processor_config.json"]

  private static func hasNested(_ path: String) throws -> Bool {
    struct Whole: Decodable {
      struct Anything: Decodable {}
      enum CodingKeys: String, CodingKey { case imageProcessor = "image_processor" }
      let imageProcessor: Anything?
    }
    return try StrictJSON.decode(Whole.self, contentsOf: path).imageProcessor != nil
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
