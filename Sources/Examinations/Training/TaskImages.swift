import Checkpoints
import Diagnostics
import Documents
import Files
import Foundation
import ModelMerging
import Probes
import RoutedModels
import VisionTransformers

/// A task's images, as one model takes them.
struct TaskImages: Sendable {
  let name: String
  let source: ProbeSource
  let preprocessor: ImagePreprocessor

  /// Opens the sources of several tasks for a model.
  ///
  /// - Throws: ``TrainingInputError/duplicateTask(name:)``, `ImageError`, `FileError`,
  ///   `ProbeSuiteError.imageSizeMismatch`.
  static func open(_ tasks: [NamedPath], for model: ModelFolder) throws -> [TaskImages] {
    let preprocessor = try preprocessor(of: model)
    var seen: Set<String> = []
    return try tasks.map { task in
      guard seen.insert(task.name).inserted else {
        throw TrainingInputError.duplicateTask(name: task.name)
      }
      return TaskImages(
        name: task.name, source: try ProbeSource(path: task.path), preprocessor: preprocessor)
    }
  }

  /// The same images as another model takes them.
  ///
  /// - Throws: `ImageError`, `ProbeSuiteError.imageSizeMismatch`.
  func prepared(for model: ModelFolder) throws -> TaskImages {
    TaskImages(name: name, source: source, preprocessor: try Self.preprocessor(of: model))
  }

  private static func preprocessor(of model: ModelFolder) throws -> ImagePreprocessor {
    try ImagePreprocessor(ofModel: model.path, imageSize: model.configuration.imageSize)
  }

  /// Numbers in a preprocessed image.
  var pixelCount: Int { 3 * preprocessor.outputHeight * preprocessor.outputWidth }

  /// Decodes and preprocesses a sample; shape `[3, H, W]`.
  func write(_ sample: Int, into pixels: UnsafeMutablePointer<Float>) throws {
    preprocessor.write(
      try source.image(at: sample),
      into: UnsafeMutableBufferPointer(start: pixels, count: pixelCount))
  }

  /// The label of every sample.
  ///
  /// - Throws: ``TrainingInputError/missingLabel(source:sample:)``,
  ///   ``TrainingInputError/labelOutOfRange(source:sample:expected:actual:)``.
  func labels(classes: Int) throws(TrainingInputError) -> [Int] {
    var labels: [Int] = []
    for sample in source.samples {
      guard let label = sample.label else {
        throw .missingLabel(source: source.path, sample: sample.key)
      }
      guard (0..<classes).contains(label) else {
        throw .labelOutOfRange(
          source: source.path, sample: sample.key, expected: 0..<classes, actual: label)
      }
      labels.append(label)
    }
    return labels
  }

  /// SHA-256 over the samples' names, labels and bytes in order: where the images lie, and whether
  /// in an archive or a folder, does not matter.
  func digest() throws -> Digest {
    var builder = SHA256Builder()
    for (index, sample) in source.samples.enumerated() {
      let bytes = try source.withImageBytes(of: index) { Digest.sha256(of: $0) }
      let label = sample.label.map { "\($0)" } ?? "-"
      builder.update(Array("\(sample.key)\0\(label)\0\(bytes)\n".utf8))
    }
    return builder.finish()
  }
}
