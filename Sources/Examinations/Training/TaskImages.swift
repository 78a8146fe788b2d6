import Checkpoints
import Diagnostics
import Documents
import Files
import Foundation
import ModelMerging
import Probes
import RoutedModels
import VisionTransformers
import ZeroShotHeads

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

  /// The label of every sample: the row of the head that is its class.
  ///
  /// Class folders are found in the head by their names, where it has names, and must be all of its
  /// classes; else they are its rows in the order of their names.
  ///
  /// - Throws: ``TrainingInputError/missingLabel(source:sample:)``,
  ///   ``TrainingInputError/labelOutOfRange(source:sample:expected:actual:)``,
  ///   ``TrainingInputError/classesDiffer(source:task:expected:actual:)``.
  func labels(for head: HeadFile.Head) throws(TrainingInputError) -> [Int] {
    let rows = try rows(of: head)
    var labels: [Int] = []
    for sample in source.samples {
      guard let label = sample.label else {
        throw .missingLabel(source: source.path, sample: sample.key)
      }
      guard (0..<head.classes).contains(label) else {
        throw .labelOutOfRange(
          source: source.path, sample: sample.key, expected: 0..<head.classes, actual: label)
      }
      labels.append(rows?[label] ?? label)
    }
    return labels
  }

  private func rows(of head: HeadFile.Head) throws(TrainingInputError) -> [Int]? {
    guard !source.classNames.isEmpty else { return nil }
    if let names = head.names {
      if let rows = names.rows(of: source.classNames) { return rows }
    } else if source.classNames.count == head.classes {
      return nil
    }
    throw .classesDiffer(
      source: source.path, task: name,
      expected: head.names?.names ?? Array(repeating: "?", count: head.classes),
      actual: source.classNames)
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
