import Checkpoints
import Diagnostics
import Documents
import Files
import Foundation
import Training
import ZeroShotHeads

/// Zero-shot heads of several tasks in one safetensors file.
///
/// `NAME.weight` is `[C, P]`, a row a class; the metadata has `logit_scale`, what cosines are
/// multiplied with, and may have `classes`, the class names of each task as a JSON object.
struct HeadFile {
  /// The classifier of one task.
  struct Head {
    /// The rows `[C, P]`, of unit length in Double.
    let rows: [Double]
    /// C, the number of classes.
    let classes: Int
    /// P, the length of a row.
    let width: Int
    /// The names of the classes, where the file says them.
    let names: ClassNames?
    /// The rows for training.
    let trainable: ZeroShotHead

    /// The class whose row has the largest cosine with the features; of equals the first.
    ///
    /// Shape: `features` has `width` numbers, not normalised.
    func predict(_ features: ArraySlice<Float>) -> Int {
      var best = (label: 0, cosine: -Double.infinity)
      for (label, cosine) in cosines(features).enumerated() where cosine > best.cosine {
        best = (label, cosine)
      }
      return best.label
    }

    /// softmax(scale * cosines), `[C]`: what the head says of the features.
    func probabilities(_ features: ArraySlice<Float>) -> [Double] {
      let logits = cosines(features).map { Double(trainable.scale) * $0 }
      let largest = logits.max() ?? 0
      let powers = logits.map { exp($0 - largest) }
      let sum = powers.reduce(0, +)
      return powers.map { $0 / sum }
    }

    /// Minus the logarithm of the label's probability; finite however small that is.
    func loss(_ features: ArraySlice<Float>, label: Int) -> Double {
      let logits = cosines(features).map { Double(trainable.scale) * $0 }
      let largest = logits.max() ?? 0
      let sum = logits.reduce(0.0) { $0 + exp($1 - largest) }
      return largest + log(sum) - logits[label]
    }

    private func cosines(_ features: ArraySlice<Float>) -> [Double] {
      let length = features.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      return (0..<classes).map { label in
        var product = 0.0
        for (index, feature) in features.enumerated() {
          product += rows[label * width + index] * Double(feature)
        }
        return length > 0 ? product / length : 0
      }
    }
  }

  let path: String
  private let checkpoint: Checkpoint
  private let scale: Float
  private static let suffix = ".weight"

  /// Opens a file.
  ///
  /// - Throws: `CheckpointError`; ``TrainingInputError/malformedHead(file:key:expected:actual:)``.
  init(path: String) throws {
    self.path = path
    checkpoint = try Checkpoint(path: path)
    let stated = checkpoint.metadata["logit_scale"]
    guard let scale = stated.flatMap({ Float($0) }), scale.isFinite, scale > 0 else {
      throw TrainingInputError.malformedHead(
        file: path, key: "logit_scale", expected: "a number above 0",
        actual: stated.map { "`\($0)`" } ?? "missing")
    }
    self.scale = scale
  }

  /// SHA-256 of the file.
  func digest() throws -> Digest { try Digest.sha256(ofFile: path) }

  /// The names of the tasks that there are heads for.
  var tasks: [String] {
    checkpoint.tensorNames.filter { $0.hasSuffix(Self.suffix) }
      .map { String($0.dropLast(Self.suffix.count)) }
  }

  /// The head of a task, for features of length `width`.
  ///
  /// - Throws: ``TrainingInputError``, `CheckpointError`, `TrainingError`.
  func head(of task: String, width: Int) throws -> Head {
    let name = task + Self.suffix
    guard let shape = checkpoint.descriptor(of: name)?.shape else {
      throw TrainingInputError.missingHead(file: path, task: task, available: tasks)
    }
    guard shape.count == 2, shape[0] > 0, shape[1] > 0 else {
      throw TrainingInputError.malformedHead(
        file: path, key: name, expected: "of shape [classes, projection]",
        actual: "of shape \(shape)")
    }
    guard shape[1] == width else {
      throw TrainingInputError.headWidth(
        file: path, task: task, expected: width, actual: shape[1])
    }
    let values = try checkpoint.floats(name, shape: shape)
    let trainable = try ZeroShotHead(
      name: task, directions: values, classes: shape[0], scale: scale)
    let rows = (0..<shape[0]).flatMap { row in
      let row = values[(row * width)..<((row + 1) * width)]
      let length = row.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      return row.map { Double($0) / length }
    }
    return Head(
      rows: rows, classes: shape[0], width: width, names: try names(of: task, count: shape[0]),
      trainable: trainable)
  }

  private func names(of task: String, count: Int) throws -> ClassNames? {
    guard let text = checkpoint.metadata["classes"] else { return nil }
    let all = try StrictJSON.decode(
      [String: [String]].self, from: Array(text.utf8), file: "\(path), metadata `classes`")
    guard let names = all[task] else { return nil }
    guard names.count == count else {
      throw TrainingInputError.malformedHead(
        file: path, key: "classes", expected: "\(count) names for task `\(task)`, one per row",
        actual: "\(names.count) names")
    }
    return try? ClassNames(names, task: task)
  }
}
