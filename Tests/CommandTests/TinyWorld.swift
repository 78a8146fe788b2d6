import Checkpoints
import Documents
import Files
import Foundation
import ModelFamilies
import RoutedModels
import Tensors
import VisionTransformers

/// A world small enough for every test to make its own: a base tower of width 8, three experts,
/// and folders of images that the program makes itself.
struct TinyWorld {
  let folder: String
  static let experts = ["stripes", "dots", "noise"]

  init() throws {
    folder =
      FileManager.default.temporaryDirectory
      .appendingPathComponent("routemark-commands-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try writeTower("base", seed: 1, drift: 0)
    for (index, name) in Self.experts.enumerated() {
      try writeTower(name, seed: 1, drift: UInt64(index + 10))
      try writeImages(name, seed: UInt64(index))
    }
  }

  func remove() { try? FileManager.default.removeItem(atPath: folder) }

  func path(_ name: String) -> String { "\(folder)/\(name)" }

  func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }

  func bytes(_ name: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: path(name)))
  }

  var fileNames: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
  }

  /// Every file of the world, by its path in the folder.
  func files() throws -> [String: Data] {
    let names = try FileManager.default.subpathsOfDirectory(atPath: folder)
    return try Dictionary(
      uniqueKeysWithValues: names.compactMap { name in
        var isFolder: ObjCBool = false
        _ = FileManager.default.fileExists(atPath: path(name), isDirectory: &isFolder)
        return isFolder.boolValue ? nil : (name, try bytes(name))
      })
  }

  /// `--task stripes=… --task dots=…`.
  var taskArguments: [String] {
    Self.experts.flatMap { ["--task", "\($0)=\(path("images-\($0)"))"] }
  }

  func mergeArguments(_ experts: [String] = experts) -> [String] {
    ["merge", "--base", path("base")] + experts.flatMap { ["--expert", "\($0)=\(path($0))"] }
  }

  /// Makes `suite.json` and the merges and traces of these names, with gates from their seeds.
  func prepare(_ seeds: [String: Int]) throws {
    try expectDone(["suite", "create", "--count", "4", "-o", path("suite.json")] + taskArguments)
    for (name, seed) in seeds {
      try expectDone(mergeArguments() + ["--seed", "\(seed)", "-o", path(name)])
      try expectDone([
        "capture", "--model", path(name), "--suite", path("suite.json"), "-o",
        path("\(name).trace.safetensors"),
      ])
    }
  }

  /// A tower of the world, read without the program.
  func tower(_ name: String) throws -> VisionTower {
    try VisionTower(
      dense: CheckpointTensors(Checkpoint(path: path(name)), CLIPFamily.tensorNames),
      Self.configuration)
  }

  struct Failure: Error { let run: CommandRun }

  /// A command line with some of its options given other values: an option may be given once only.
  static func changing(_ arguments: [String], by options: [String]) -> [String] {
    var kept = arguments
    for option in options where option.hasPrefix("--") {
      guard let place = kept.firstIndex(of: option) else { continue }
      kept.removeSubrange(place...min(place + 1, kept.count - 1))
    }
    return kept + options
  }

  @discardableResult
  func expectDone(_ arguments: [String]) throws -> CommandRun {
    let run = CommandRun(arguments)
    guard run.exitCode == 0 else { throw Failure(run: run) }
    return run
  }

  func writeTower(_ name: String, seed: UInt64, drift: UInt64) throws {
    let configuration = Self.configuration
    let target = path(name)
    try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
    var own = SeededGenerator(seed: drift)
    var common = SeededGenerator(seed: seed)
    let shapes = configuration.towerTensors
    let tensors = shapes.map { tensor in
      let values = (0..<tensor.shape.reduce(1, *)).map { _ in
        Float(0.3 * common.normal() + (drift == 0 ? 0 : 0.1 * own.normal()))
      }
      return (
        TensorSpecification(
          name: configuration.names.name(of: tensor.role), elementType: .f32, shape: tensor.shape),
        values
      )
    }
    try writeSafetensors(path: "\(target)/model.safetensors", tensors: tensors, replacing: true)
    try JSONValue(encoding: configuration).write(to: "\(target)/config.json", replacing: true)
    try JSONValue.object([
      "do_resize": .boolean(true), "size": .integer(16), "resample": .integer(3),
      "do_rescale": .boolean(true), "rescale_factor": .number(1.0 / 255),
      "do_normalize": .boolean(true), "do_center_crop": .boolean(true), "crop_size": .integer(16),
      "image_mean": .array([.number(0.5), .number(0.5), .number(0.5)]),
      "image_std": .array([.number(0.25), .number(0.25), .number(0.25)]),
    ]).write(to: "\(target)/preprocessor_config.json", replacing: true)
  }

  /// A tower of the MLPs of one and the rest of another.
  func writeHybrid(_ name: String, mlps: String, rest: String) throws {
    let configuration = Self.configuration
    func tensors(_ name: String) throws -> CheckpointTensors {
      try CheckpointTensors(Checkpoint(path: path(name)), CLIPFamily.tensorNames)
    }
    let (own, other) = (try tensors(mlps), try tensors(rest))
    try FileManager.default.copyItem(atPath: path(rest), toPath: path(name))
    try writeSafetensors(
      path: "\(path(name))/model.safetensors",
      tensors: configuration.towerTensors.map { tensor in
        (
          TensorSpecification(
            name: configuration.names.name(of: tensor.role), elementType: .f32,
            shape: tensor.shape),
          try (tensor.role.isExpert ? own : other).tensor(tensor.role, shape: tensor.shape)
        )
      }, replacing: true)
  }

  static var configuration: VisionTowerConfiguration {
    var configuration = CLIPFamily.defaults
    configuration.hiddenSize = 8
    configuration.intermediateSize = 16
    configuration.hiddenLayerCount = 2
    configuration.attentionHeadCount = 2
    configuration.imageSize = 16
    configuration.patchSize = 8
    configuration.projectionSize = 4
    return configuration
  }

  private func writeImages(_ name: String, seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for index in 0..<6 {
      let target = path("images-\(name)/class-\(index % 2)")
      try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
      let side = 16 + index
      let pixels = (0..<side * side * 3).map { place in
        switch seed {
        case 0: UInt8((place / 3 / (side * 2)) % 2 * 255)
        case 1: UInt8((place / 3) % 5 == 0 ? 255 : 20)
        default: UInt8(truncatingIfNeeded: generator.next())
        }
      }
      try PNGFile.bytes(width: side, height: side, pixels: pixels)
        .write(to: URL(fileURLWithPath: "\(target)/\(index).png"))
    }
  }
}
