import Checkpoints
import Diagnostics
import Documents
import Files
import Foundation
import ModelFamilies
import Probes
import RoutedModels
import Tensors
import VisionTransformers

/// A world small enough to be made on the spot: images of ``ProceduralTask``s, zero-shot heads and an
/// untrained tower, laid out as a user's own would be.
///
/// | path | what it holds |
/// | --- | --- |
/// | `data/TASK/train.tar`, `data/TASK/test.tar` | labelled images (WebDataset) |
/// | `data/pretraining/train.tar` | images of all tasks; the label counts through all classes |
/// | `zoo/initial` | a CLIP tower with random weights |
/// | `zoo/heads.safetensors` | a direction for every class, random, and those of `pretraining` |
///
/// Equal seeds give equal files.
public struct EmbeddedWorld: Sendable, Hashable, Codable {
  /// The task that the base model is trained for.
  public static let pretraining = "pretraining"

  /// Seed of everything.
  public var seed: UInt64
  /// Images of each task to train on, and to probe with.
  public var trainCount: Int
  /// Images of each task to count right answers on.
  public var testCount: Int

  /// A world.
  public init(seed: UInt64 = 1, trainCount: Int = 240, testCount: Int = 120) {
    self.seed = seed
    self.trainCount = trainCount
    self.testCount = testCount
  }

  /// The shape of the world's towers: 6 layers of width 64, 17 tokens.
  public static var configuration: VisionTowerConfiguration {
    var configuration = CLIPFamily.defaults
    configuration.hiddenSize = 64
    configuration.intermediateSize = 128
    configuration.hiddenLayerCount = 6
    configuration.attentionHeadCount = 4
    configuration.imageSize = Canvas.side
    configuration.patchSize = 8
    configuration.projectionSize = 64
    return configuration
  }

  /// Writes the world; it appears under its name when it is whole.
  ///
  /// - Throws: `FileError`, `CheckpointError`, `ImageError`.
  public func write(to path: String, progress: ProgressHandler? = nil) throws {
    let folder = try OutputFolder(path: path, replacing: false)
    let root = folder.temporaryPath
    let tasks = ProceduralTask.allCases
    for (index, task) in tasks.enumerated() {
      let stream = UInt64(2 * index)
      try write(task, count: trainCount, stream, to: "\(root)/data/\(task.rawValue)", "train.tar")
      try write(task, count: testCount, stream + 1, to: "\(root)/data/\(task.rawValue)", "test.tar")
      progress?(index + 1, tasks.count + 1)
    }
    try writePretraining(to: "\(root)/data/\(Self.pretraining)")
    try writeTower(to: "\(root)/zoo/initial")
    try writeHeads(to: "\(root)/zoo/heads.safetensors")
    // What marks the folder as one that the program made.
    try JSONValue(encoding: self).write(to: folder.path(of: "config.json"))
    try folder.commit()
    progress?(tasks.count + 1, tasks.count + 1)
  }

  private enum Stream {
    static let pretraining: UInt64 = 100
    static let tower: UInt64 = 101
    static let heads: UInt64 = 102
  }

  private func write(
    _ task: ProceduralTask, count: Int, _ stream: UInt64, to folder: String, _ name: String
  ) throws {
    try Self.makeFolder(folder)
    var generator = SeededGenerator(seed: seed, stream: stream)
    let archive = try WebDatasetWriter(path: "\(folder)/\(name)")
    for index in 0..<count {
      let label = index % task.classCount
      try archive.add(task.image(of: label, &generator), label: label)
    }
    try archive.commit()
  }

  private func writePretraining(to folder: String) throws {
    try Self.makeFolder(folder)
    var generator = SeededGenerator(seed: seed, stream: Stream.pretraining)
    let archive = try WebDatasetWriter(path: "\(folder)/train.tar")
    for index in 0..<trainCount {
      var first = 0
      for task in ProceduralTask.allCases {
        let label = index % task.classCount
        try archive.add(task.image(of: label, &generator), label: first + label)
        first += task.classCount
      }
    }
    try archive.commit()
  }

  private func writeTower(to folder: String) throws {
    try Self.makeFolder(folder)
    let configuration = Self.configuration
    var generator = SeededGenerator(seed: seed, stream: Stream.tower)
    let shapes = configuration.towerTensors
    let tensors = shapes.map { tensor in
      (
        TensorSpecification(
          name: configuration.names.name(of: tensor.role), elementType: .f32, shape: tensor.shape),
        Self.initialValues(tensor, &generator)
      )
    }
    try writeSafetensors(path: "\(folder)/model.safetensors", tensors: tensors)
    try JSONValue(encoding: configuration).write(to: "\(folder)/config.json")
    let half = JSONValue.array([.number(0.5), .number(0.5), .number(0.5)])
    let quarter = JSONValue.array([.number(0.25), .number(0.25), .number(0.25)])
    try JSONValue.object([
      "do_resize": .boolean(true), "size": .integer(Canvas.side), "resample": .integer(3),
      "do_center_crop": .boolean(true), "crop_size": .integer(Canvas.side),
      "do_rescale": .boolean(true), "rescale_factor": .number(1.0 / 255),
      "do_normalize": .boolean(true), "image_mean": half, "image_std": quarter,
    ]).write(to: "\(folder)/preprocessor_config.json")
  }

  /// Norms pass their input on, biases are 0, and matrices keep the size of what they multiply.
  private static func initialValues(
    _ tensor: RoleShape, _ generator: inout SeededGenerator
  ) -> [Float] {
    let count = tensor.shape.reduce(1, *)
    let component = tensor.role.component
    if tensor.shape.count == 1, component != .classEmbedding {
      return [Float](repeating: tensor.role.kind == .weight ? 1 : 0, count: count)
    }
    let inputs = count / tensor.shape[0]
    let isEmbedding = component == .classEmbedding || component == .positionEmbedding
    let deviation = isEmbedding ? 0.1 : 0.7 / Double(inputs).squareRoot()
    return (0..<count).map { _ in Float(deviation * generator.normal()) }
  }

  private func writeHeads(to file: String) throws {
    let width = Self.configuration.projectionSize
    var generator = SeededGenerator(seed: seed, stream: Stream.heads)
    var all: [Float] = []
    var heads: [(TensorSpecification, [Float])] = []
    func add(_ name: String, _ rows: [Float]) {
      let shape = [rows.count / width, width]
      heads.append(
        (TensorSpecification(name: "\(name).weight", elementType: .f32, shape: shape), rows))
    }
    for task in ProceduralTask.allCases {
      let rows = (0..<task.classCount * width).map { _ in Float(generator.normal()) }
      add(task.rawValue, rows)
      all += rows
    }
    add(Self.pretraining, all)
    try writeSafetensors(path: file, tensors: heads, metadata: ["logit_scale": "10"])
  }

  private static func makeFolder(_ path: String) throws {
    try Folder.make(path)
  }
}
