import Foundation
import Testing

/// One operation of `routemark tamper` as somebody types it.
struct TamperCase: Sendable, CustomTestStringConvertible {
  /// The word after `tamper`.
  let operation: String
  /// The words after it; `@` stands for the world's folder.
  let words: String
  /// Whether a plain tower has what is changed.
  var worksOnTowers = true
  /// The seed in the record.
  var seed: Int?
  /// Other words, each of which is refused on a full merge.
  let refused: [String]
  /// Tells two cases of one operation apart.
  var variant = ""

  var testDescription: String { name }
  var name: String { operation + variant }

  func arguments(_ world: TinyWorld, model: String) -> [String] {
    Self.arguments(operation, words, world, model: model)
  }

  /// The command lines of a snapshot: help, preview, the operation, and refusals.
  func transcript(_ world: TinyWorld) -> [[String]] {
    let output = ["-o", world.path("out")]
    let done = arguments(world, model: "full") + ["--quiet"]
    return [
      ["tamper", operation, "--help"], done + ["--dry-run"], done + output, done + output,
      arguments(world, model: "recipe") + ["--quiet", "--force"] + output,
      arguments(world, model: "stripes") + ["--dry-run", "--quiet"], done,
    ] + refused.map { Self.arguments(operation, $0, world, model: "full") + ["--dry-run"] }
  }

  private static func arguments(
    _ operation: String, _ words: String, _ world: TinyWorld, model: String
  ) -> [String] {
    ["tamper", operation]
      + words.split(separator: " ").map { $0.replacingOccurrences(of: "@", with: world.folder) }
      + ["--model", world.path(model)]
  }

  static let all = [
    TamperCase(
      operation: "replace", words: "--expert dots --with rings=@/rings --router cut --seed 3",
      worksOnTowers: false, seed: 3,
      refused: [
        "--expert rings --with rings=@/rings", "--expert dots --with noise=@/rings",
        "--expert dots --with rings=@/nowhere", "--expert dots --with rings=@/recipe",
        "--expert dots --with rings=@/rings --router melt", "--expert dots",
      ]),
    TamperCase(
      operation: "add", words: "--expert rings=@/rings --seed 3", worksOnTowers: false, seed: 3,
      refused: ["--expert dots=@/rings", "--expert rings", ""]),
    TamperCase(
      operation: "delete", words: "--expert dots", worksOnTowers: false,
      refused: ["--expert rings", ""]),
    TamperCase(
      operation: "clone", words: "--expert dots --noise 0.01 --seed 3", worksOnTowers: false,
      seed: 3,
      refused: ["--expert dots --noise -1", "--expert rings --noise 0.01", "--expert dots"]),
    TamperCase(
      operation: "tie", words: "--experts dots,stripes", worksOnTowers: false,
      refused: ["--experts dots", "--experts dots,rings", "--experts dots,dots"]),
    TamperCase(
      operation: "shuffle", words: "--seed 3", worksOnTowers: false, seed: 3,
      refused: ["--seed -3"]),
    TamperCase(
      operation: "prune", words: "--sparsity 0.3",
      refused: [
        "", "--sparsity 1", "--sparsity -0.1", "--sparsity 0.3 --nm 2:4", "--nm 2:4",
        "--sparsity 0.3 --expert rings", "--sparsity 0.3 --method wanda",
        "--sparsity 0.3 --data dots=@/images-dots",
      ]),
    TamperCase(
      operation: "prune",
      words: "--method wanda --nm 2:4 --data dots=@/images-dots --calibration-count 4",
      refused: [
        "--method wanda --nm 2 --data dots=@/images-dots",
        "--method wanda --nm 2:3 --data dots=@/images-dots",
        "--method wanda --sparsity 0.5 --data dots=@/nowhere",
        "--method wanda --sparsity 0.5 --data dots=@/images-dots --calibration-count 0",
      ], variant: "-wanda"),
    TamperCase(
      operation: "permute", words: "--seed 3", seed: 3, refused: ["--seed x", "--sparsity 0.3"]),
    TamperCase(
      operation: "quantize", words: "--bits 4",
      refused: ["--bits 5", "", "--bits 4 --expert rings"]),
    TamperCase(
      operation: "noise", words: "--sigma 0.01 --seed 3", seed: 3,
      refused: ["--sigma -1", "--sigma nan", ""]),
    TamperCase(
      operation: "blend", words: "--with @/rings --ratio 0.5",
      refused: [
        "--with @/rings --ratio 2", "--with @/recipe --ratio 0.5", "--with @/rings",
        "--with @/nowhere --ratio 0.5",
      ]),
    TamperCase(
      operation: "scale-router", words: "--factor 2", worksOnTowers: false,
      refused: ["--factor inf", ""]),
    TamperCase(
      operation: "shift-router", words: "--shift dots=0.5 --shift noise=-0.5",
      worksOnTowers: false,
      refused: ["--shift rings=1", "--shift dots", "--shift dots=1 --shift dots=2", ""]),
  ]
}
