import Checkpoints
import Documents
import Foundation

/// Zero-shot heads of several tasks, and the file they are kept in.
///
/// The file is safetensors: a tensor `NAME.weight` `[C, P]` for each task, a row of unit length for each
/// class, in the order of the labels. Its metadata holds `logit_scale`, the number that cosines are
/// multiplied with, and `classes`, a JSON object with the class names of each task.
public struct ZeroShotHeads: Sendable {
  /// The head of one task.
  public struct Head: Sendable {
    /// The task.
    public let task: String
    /// The names of its classes.
    public let classes: ClassNames
    /// The rows, `[C, P]`, of unit length.
    public let rows: [[Double]]
  }

  /// The heads in the order in which they were added.
  public private(set) var heads: [Head] = []
  /// What cosines are multiplied with.
  public let logitScale: Double

  /// No heads yet.
  ///
  /// - Throws: ``HeadsError/malformed(file:key:expected:actual:)`` for a scale that is not above 0.
  public init(logitScale: Double) throws(HeadsError) {
    guard logitScale.isFinite, logitScale > 0, Float(logitScale).isFinite else {
      throw .malformed(
        file: "the heads", key: "logit_scale", expected: "a number above 0",
        actual: "\(logitScale)")
    }
    self.logitScale = logitScale
  }

  /// Adds the head of a task from features, which are normalised.
  ///
  /// - Throws: ``HeadsError/classCount(file:task:expected:actual:)``,
  ///   ``HeadsError/malformed(file:key:expected:actual:)`` for features that are not finite or zero.
  public mutating func add(
    _ task: String, classes: ClassNames, features: [[Double]], file: String
  ) throws(HeadsError) {
    guard features.count == classes.names.count else {
      throw .classCount(
        file: file, task: task, expected: features.count, actual: classes.names.count)
    }
    guard !task.isEmpty, !heads.contains(where: { $0.task == task }) else {
      throw .malformed(
        file: file, key: "task", expected: "every task once, by a name", actual: "`\(task)`")
    }
    var rows: [[Double]] = []
    for (row, name) in zip(features, classes.names) {
      rows.append(try Self.unit(row, name: name, file: file))
    }
    heads.append(Head(task: task, classes: classes, rows: rows))
  }

  /// Adds the head of a task from prompts: for each class the mean of the unit features of all templates.
  ///
  /// - Parameter templates: prompts with `{}` where the class name goes.
  /// - Throws: ``HeadsError``.
  public mutating func add(
    _ task: String, classes: ClassNames, templates: [String], tower: TextTower, file: String,
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws(HeadsError) {
    for template in templates where !template.contains("{}") {
      throw .templateWithoutPlace(template: template)
    }
    var features: [[Double]] = []
    for (index, name) in classes.names.enumerated() {
      var sum = [Double](repeating: 0, count: tower.width)
      for template in templates {
        let prompt = template.replacingOccurrences(of: "{}", with: name)
        let row = try Self.unit(tower.features(prompt), name: name, file: file)
        for place in sum.indices { sum[place] += row[place] }
      }
      features.append(sum)
      progress(index + 1, classes.names.count)
    }
    try add(task, classes: classes, features: features, file: file)
  }

  private static func unit(
    _ row: [Double], name: String, file: String
  ) throws(HeadsError) -> [Double] {
    let length = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
    guard length.isFinite, length > 0 else {
      throw .malformed(
        file: file, key: name, expected: "finite features that are not all zero",
        actual: "of length \(length)")
    }
    return row.map { $0 / length }
  }

  /// Writes the file.
  ///
  /// - Throws: `CheckpointError`, `FileError`; nothing is left under `path` then.
  public func write(to path: String, replacing: Bool) throws {
    let names = Dictionary(
      heads.map { ($0.task, $0.classes.names) }, uniquingKeysWith: { first, _ in first })
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let writer = try SafetensorsWriter(
      path: path,
      tensors: heads.map {
        TensorSpecification(
          name: "\($0.task).weight", elementType: .f32,
          shape: [$0.rows.count, $0.rows.first?.count ?? 0])
      },
      metadata: [
        "logit_scale": "\(logitScale)",
        "classes": String(decoding: try encoder.encode(names), as: UTF8.self),
      ], replacing: replacing)
    for name in writer.order {
      for head in heads where "\(head.task).weight" == name {
        try writer.write(name, floats: head.rows.flatMap { $0.map(Float.init) })
      }
    }
    try writer.commit()
  }
}
