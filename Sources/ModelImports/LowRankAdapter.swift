import Checkpoints
import Documents
import Files
import Foundation

/// A LoRA adapter as peft saves it: for some matrices `W` of a base model, `W + s B A`.
///
/// Shapes: `A [r, K]`, `B [N, r]`, `W [N, K]` (`[K, N]` with `fan_in_fan_out`); a convolution's
/// kernel counts as a matrix with K columns. The factor s is `lora_alpha / r`, or
/// `lora_alpha / sqrt(r)` with `use_rslora`; `rank_pattern` and `alpha_pattern` name other values for
/// single modules. Sums are in Double and rounded once to the base tensor's type.
struct LowRankAdapter {
  private struct Factors {
    var down: String?
    var up: String?
  }

  private struct Settings: Decodable {
    var peftType: String
    var rank: Int
    var alpha: Double
    var usesRootRank: Bool?
    var isTransposed: Bool?
    var ranks: [String: Int]?
    var alphas: [String: Double]?
    var savedModules: [String]?

    enum CodingKeys: String, CodingKey {
      case peftType = "peft_type"
      case rank = "r"
      case alpha = "lora_alpha"
      case usesRootRank = "use_rslora"
      case isTransposed = "fan_in_fan_out"
      case ranks = "rank_pattern"
      case alphas = "alpha_pattern"
      case savedModules = "modules_to_save"
    }
  }

  let checkpoint: Checkpoint
  private let settings: Settings
  private let file: String
  /// The two factors of each changed matrix, by the name of its module in the base model.
  private let factors: [String: Factors]
  /// Whole tensors that replace the base model's, by their names there.
  private let replacements: [String: String]
  /// How many tensors belong to parts outside of the vision tower.
  let leftOutCount: Int

  static let configurationName = "adapter_config.json"

  /// Keys of `adapter_config.json` that do not change what the adapter computes once it is trained.
  private static let harmless: Set<String> = [
    "alpha_pattern", "auto_mapping", "base_model_name_or_path", "corda_config",
    "ensure_weight_tying", "eva_config", "exclude_modules", "fan_in_fan_out", "inference_mode",
    "layers_pattern", "layers_to_transform", "loftq_config", "lora_alpha", "lora_dropout",
    "lora_ga_config", "megatron_config", "megatron_core", "modules_to_save", "peft_type",
    "peft_version", "qalora_group_size", "r", "rank_pattern", "revision", "target_modules",
    "task_type", "use_rslora",
  ]

  /// Opens an adapter's folder.
  ///
  /// - Throws: ``ModelImportError/unsupportedAdapter(file:key:actual:)``,
  ///   ``ModelImportError/adapterTensor(file:tensor:expected:)``; `CheckpointError`.
  init(folder: String) throws {
    file = (folder as NSString).appendingPathComponent(Self.configurationName)
    try Self.check(StrictJSON.decode([String: JSONValue].self, contentsOf: file), file: file)
    settings = try StrictJSON.decode(Settings.self, contentsOf: file)
    guard settings.peftType == "LORA" else {
      throw ModelImportError.unsupportedAdapter(
        file: file, key: "peft_type", actual: "`\(settings.peftType)`")
    }
    let names = ["adapter_model.safetensors", "adapter_model.bin"]
      .map { (folder as NSString).appendingPathComponent($0) }
    let weights = names.first { FileManager.default.fileExists(atPath: $0) } ?? names[0]
    checkpoint = try Checkpoint(path: weights)
    (factors, replacements, leftOutCount) = try Self.sorted(checkpoint, settings)
  }

  private static func check(_ keys: [String: JSONValue], file: String) throws(ModelImportError) {
    for (key, value) in keys.sorted(by: { $0.key < $1.key }) where !harmless.contains(key) {
      switch (key, value) {
      case (_, .null), (_, .boolean(false)), (_, .array([])), ("bias", .string("none")),
        ("init_lora_weights", .boolean), ("init_lora_weights", .string("gaussian")),
        ("init_lora_weights", .string("eva")), ("init_lora_weights", .string("orthogonal")):
        continue
      case (_, .object(let members)) where members.isEmpty: continue
      // Other initialisations change the base model as well (PiSSA, OLoRA, CorDA, LoftQ).
      case (_, .string(let text)):
        throw .unsupportedAdapter(file: file, key: key, actual: "`\(text)`")
      default: throw .unsupportedAdapter(file: file, key: key, actual: "set")
      }
    }
  }

  /// Sorts an adapter's tensors by what they do to the base model.
  private static func sorted(
    _ checkpoint: Checkpoint, _ settings: Settings
  ) throws -> ([String: Factors], [String: String], Int) {
    var factors: [String: Factors] = [:]
    var replacements: [String: String] = [:]
    var leftOut = 0
    for name in checkpoint.tensorNames {
      let parts = name.split(separator: ".").filter { $0 != "default" && $0 != "modules_to_save" }
      let kind = parts.firstIndex { $0.hasPrefix("lora_") }
      guard let module = canonical(parts[..<(kind ?? parts.count)].joined(separator: ".")) else {
        leftOut += 1
        continue
      }
      if let kind {
        let isWeight = parts[(kind + 1)...].elementsEqual(["weight"])
        switch (parts[kind], isWeight) {
        case ("lora_A", true): factors[module, default: Factors()].down = name
        case ("lora_B", true): factors[module, default: Factors()].up = name
        default:
          throw ModelImportError.unsupportedAdapter(
            file: checkpoint.path, key: name, actual: "a part of it")
        }
      } else {
        let isSaved = (settings.savedModules ?? []).contains { saved in
          parts.dropLast().suffix(saved.split(separator: ".").count).joined(separator: ".") == saved
        }
        guard isSaved else {
          throw ModelImportError.unsupportedAdapter(
            file: checkpoint.path, key: name, actual: "a whole tensor outside of `modules_to_save`")
        }
        replacements[module] = name
      }
    }
    return (factors, replacements, leftOut)
  }

  /// The name in the vision tower; `nil` for a part outside of it.
  private static func canonical(_ path: String) -> String? {
    let tower = "vision_model."
    if let range = path.range(of: tower) { return String(path[range.lowerBound...]) }
    let inner = path.hasPrefix("base_model.model.") ? path.dropFirst(17) : path[...]
    for part in ["embeddings.", "pre_layrnorm", "encoder.", "post_layernorm"]
    where inner.hasPrefix(part) {
      return tower + inner
    }
    if let range = path.range(of: "visual_projection") { return String(path[range.lowerBound...]) }
    return nil
  }

  /// Holds every tensor against the base model before anything is written.
  ///
  /// - Throws: ``ModelImportError/adapterTensor(file:tensor:expected:)``.
  func check(against base: Checkpoint) throws {
    for (module, pair) in factors.sorted(by: { $0.key < $1.key }) {
      guard let down = pair.down, let up = pair.up else {
        throw ModelImportError.adapterTensor(
          file: checkpoint.path, tensor: pair.down ?? pair.up ?? module,
          expected: "both of lora_A and lora_B")
      }
      guard let weight = base.descriptor(of: "\(module).weight") else {
        throw ModelImportError.adapterTensor(
          file: checkpoint.path, tensor: down,
          expected: "`\(module).weight` in the base model, which does not have it")
      }
      guard let a = checkpoint.descriptor(of: down)?.shape,
        let b = checkpoint.descriptor(of: up)?.shape
      else { continue }
      let rank = try value(settings.ranks, for: module, key: "rank_pattern") ?? settings.rank
      let (rows, columns) = sides(of: weight.shape)
      let fits =
        rank > 0 && a.count >= 2 && b.count >= 2 && a[0] == rank && b[0] == rows && b[1] == rank
        && a[1...].reduce(1, *) == columns && b[2...].allSatisfy { $0 == 1 }
        && weight.shape.count >= 2 && weight.elementType.isFloatingPoint
      guard fits else {
        throw ModelImportError.adapterTensor(
          file: checkpoint.path, tensor: down,
          expected: "shapes [\(rank), \(columns)] and [\(rows), \(rank)] for a weight of shape "
            + "\(weight.shape); they are \(a) and \(b)")
      }
    }
    for (name, stored) in replacements.sorted(by: { $0.key < $1.key }) {
      let expected = base.descriptor(of: name)?.shape
      guard expected == checkpoint.descriptor(of: stored)?.shape else {
        throw ModelImportError.adapterTensor(
          file: checkpoint.path, tensor: stored,
          expected: "`\(name)` of its shape in the base model")
      }
    }
  }

  /// Whether the adapter changes this tensor of the base model.
  func changes(_ name: String) -> Bool {
    replacements[name] != nil || factors[module(of: name)] != nil
  }

  /// The tensor with the adapter in it.
  ///
  /// - Precondition: ``check(against:)`` has passed and ``changes(_:)`` is true.
  /// - Throws: `CheckpointError`.
  func tensor(_ name: String, of base: Checkpoint) throws -> [Double] {
    guard let shape = base.descriptor(of: name)?.shape else {
      throw CheckpointError.missingTensor(tensor: name, file: base.path)
    }
    if let stored = replacements[name] { return try checkpoint.doubles(stored, shape: shape) }
    var weight = try base.doubles(name, shape: shape)
    let module = module(of: name)
    guard let down = factors[module]?.down, let up = factors[module]?.up,
      let downShape = checkpoint.descriptor(of: down)?.shape,
      let upShape = checkpoint.descriptor(of: up)?.shape
    else { return weight }
    let a = try checkpoint.doubles(down, shape: downShape)
    let b = try checkpoint.doubles(up, shape: upShape)
    let rank = downShape[0]
    let (rows, columns) = sides(of: shape)
    let isTransposed = settings.isTransposed == true
    let scale = try scale(of: module, rank: rank)
    for row in 0..<rows {
      for inner in 0..<rank {
        let factor = scale * b[row * rank + inner]
        for column in 0..<columns {
          let place = isTransposed ? column * rows + row : row * columns + column
          weight[place] += factor * a[inner * columns + column]
        }
      }
    }
    return weight
  }

  private func module(of name: String) -> String {
    name.hasSuffix(".weight") ? String(name.dropLast(".weight".count)) : ""
  }

  /// N and K of a weight.
  private func sides(of shape: [Int]) -> (rows: Int, columns: Int) {
    let (height, width) = (shape.first ?? 0, shape.dropFirst().reduce(1, *))
    return settings.isTransposed == true ? (width, height) : (height, width)
  }

  private func scale(of module: String, rank: Int) throws -> Double {
    let alpha = try value(settings.alphas, for: module, key: "alpha_pattern") ?? settings.alpha
    return settings.usesRootRank == true ? alpha / Double(rank).squareRoot() : alpha / Double(rank)
  }

  /// The value for a module; peft's patterns are regular expressions, of which names are read.
  private func value<Number: Equatable>(
    _ patterns: [String: Number]?, for module: String, key: String
  ) throws(ModelImportError) -> Number? {
    var found: Number?
    for (pattern, value) in (patterns ?? [:]).sorted(by: { $0.key < $1.key }) {
      let isPlain = pattern.utf8.allSatisfy {
        Character(UnicodeScalar($0)).isLetter || Character(UnicodeScalar($0)).isNumber
          || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".")
      }
      guard isPlain else {
        throw .unsupportedAdapter(file: file, key: key, actual: "a pattern, `\(pattern)`")
      }
      guard module == pattern || module.hasSuffix("." + pattern) else { continue }
      guard found == nil || found == value else {
        throw .unsupportedAdapter(file: file, key: key, actual: "stated twice for `\(module)`")
      }
      found = value
    }
    return found
  }
}
