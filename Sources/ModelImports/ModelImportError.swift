import Diagnostics

/// Why a source is not converted: one case per rule.
public enum ModelImportError: DiagnosableError, Equatable {
  // The tower
  /// No tensor has a name by which a vision tower is known.
  case noTower(file: String)
  /// Several towers are in one file, such as a model and its running average.
  case severalTowers(file: String, prefixes: [String])
  /// A tower of open_clip has a part that the towers of Hugging Face do not have.
  case unsupportedTensor(file: String, tensor: String)
  /// The shapes of the tensors contradict each other or what is stated.
  case shapeContradiction(file: String, key: String, expected: String, actual: String)
  /// A value that no shape tells is stated nowhere.
  case unknownValue(file: String, key: String)
  /// A value is stated that is not read.
  case unsupportedValue(file: String, key: String, expected: String, actual: String)

  // Adapters
  /// An adapter is not a model by itself.
  case baseNeeded(file: String)
  /// The adapter is of a kind that is not plain LoRA.
  case unsupportedAdapter(file: String, key: String, actual: String)
  /// A tensor of the adapter has no place in the base model.
  case adapterTensor(file: String, tensor: String, expected: String)

  /// The stable identifier.
  public var code: String {
    switch self {
    case .noTower: "import.no-tower"
    case .severalTowers: "import.several-towers"
    case .unsupportedTensor: "import.unsupported-tensor"
    case .shapeContradiction: "import.shape-contradiction"
    case .unknownValue: "import.unknown-value"
    case .unsupportedValue: "import.unsupported-value"
    case .baseNeeded: "import.base-needed"
    case .unsupportedAdapter: "import.unsupported-adapter"
    case .adapterTensor: "import.adapter-tensor"
    }
  }

  /// What is wrong, with the values.
  public var what: String {
    switch self {
    case .noTower:
      "no vision tower is in the file: no tensor is called `embeddings.patch_embedding.weight` "
        + "(Hugging Face) or `visual.conv1.weight` beside `visual.class_embedding` (open_clip)"
    case .severalTowers(_, let prefixes):
      "the file has \(prefixes.count) vision towers, under the prefixes "
        + prefixes.map { "`\($0)`" }.joined(separator: ", ")
    case .unsupportedTensor: "the tensor belongs to a part that CLIP's vision transformer lacks"
    case .shapeContradiction(_, let key, let expected, let actual):
      "`\(key)` is \(actual), expected \(expected)"
    case .unknownValue(_, let key): "`\(key)` is stated nowhere, and no tensor's shape tells it"
    case .unsupportedValue(_, let key, let expected, let actual):
      "`\(key)` is \(actual), expected \(expected)"
    case .baseNeeded: "an adapter has only the differences from a base model"
    case .unsupportedAdapter(_, let key, let actual):
      "`\(key)` is \(actual), which plain LoRA does not have"
    case .adapterTensor(_, _, let expected): "the adapter's tensor needs \(expected)"
    }
  }

  /// The file, and the tensor in it.
  public var location: String? {
    switch self {
    case .noTower(let file), .severalTowers(let file, _), .shapeContradiction(let file, _, _, _),
      .unknownValue(let file, _), .unsupportedValue(let file, _, _, _), .baseNeeded(let file),
      .unsupportedAdapter(let file, _, _):
      file
    case .unsupportedTensor(let file, let tensor), .adapterTensor(let file, let tensor, _):
      "\(file), tensor `\(tensor)`"
    }
  }

  /// How to fix it.
  public var hints: [String] {
    switch self {
    case .noTower: ["look at the names of the file's tensors; a CLIP vision tower is needed"]
    case .severalTowers: ["save the one that is meant to a file of its own"]
    case .unsupportedTensor:
      ["convert it with its own framework to the form of Hugging Face, if there is one"]
    case .shapeContradiction: ["check that the configuration belongs to these weights"]
    case .unknownValue(_, "hidden_act"):
      [
        "name the base model, or state the activation: `quick_gelu` for OpenAI's weights, `gelu` "
          + "for most of open_clip's own"
      ]
    case .unknownValue, .baseNeeded: ["name the base model that it was trained from"]
    case .unsupportedValue: ["state a value that is read, or convert the file by other means"]
    case .unsupportedAdapter:
      ["merge it in peft: `model.merge_and_unload().save_pretrained(folder)`"]
    case .adapterTensor: ["check that this is the base model that the adapter was trained on"]
    }
  }
}
