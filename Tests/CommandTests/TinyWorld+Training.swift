import Checkpoints
import Foundation
import RoutedModels
import Tensors
import VisionTransformers

extension TinyWorld {
  /// `--data stripes=… --data dots=…`.
  var dataArguments: [String] { data(Self.experts) }

  func data(_ tasks: [String]) -> [String] {
    tasks.flatMap { ["--data", "\($0)=\(path("images-\($0)"))"] }
  }

  /// Writes `heads.safetensors` with two classes for each task.
  func writeHeads() throws {
    var generator = SeededGenerator(seed: 5)
    let width = Self.configuration.projectionSize
    try writeHeads(
      Self.experts.map { ($0, 2, (0..<2 * width).map { _ in Float(generator.normal()) }) })
  }

  func writeHeads(_ heads: [(task: String, classes: Int, rows: [Float])]) throws {
    try writeSafetensors(
      path: path("heads.safetensors"),
      tensors: heads.map { head in
        (
          TensorSpecification(
            name: "\(head.task).weight", elementType: .f32,
            shape: [head.classes, head.rows.count / head.classes]),
          head.rows
        )
      },
      metadata: ["logit_scale": "10"], replacing: true)
  }

  /// The arguments of a short fine-tuning of the base model.
  func finetune(to output: String, steps: Int = 60) -> [String] {
    [
      "finetune", "--model", path("base"), "--head", path("heads.safetensors"), "--steps",
      "\(steps)", "--lr", "0.01", "--batch", "4", "-o", path(output),
    ] + data(["stripes"])
  }

  /// The arguments of a short adaptation of `merged`.
  func adapt(_ model: String = "merged", to output: String, steps: Int = 40) -> [String] {
    [
      "adapt", "--model", path(model), "--head", path("heads.safetensors"), "--steps",
      "\(steps)", "--lr", "0.01", "--batch", "4", "-o", path(output),
    ] + dataArguments
  }

  /// The arguments of a short fine-tuning of `merged` on all tasks.
  func finetuneMixture(
    _ model: String = "merged", to output: String, steps: Int = 40
  ) -> [String] {
    [
      "finetune", "--model", path(model), "--head", path("heads.safetensors"), "--steps",
      "\(steps)", "--lr", "0.01", "--batch", "4", "-o", path(output),
    ] + dataArguments
  }

  func losses(_ run: CommandRun) throws -> (first: Double, tail: Double) {
    let losses = try run.json()["losses"] as? [String: Double] ?? [:]
    return (losses["first", default: .nan], losses["mean_of_last_tenth", default: .nan])
  }

  /// The last entry of a model's `training` list.
  func lastTraining(_ model: String) throws -> [String: Any] {
    let value = try JSONSerialization.jsonObject(with: bytes("\(model)/config.json"))
    let list = (value as? [String: Any])?["training"] as? [[String: Any]]
    return list?.last ?? [:]
  }
}
