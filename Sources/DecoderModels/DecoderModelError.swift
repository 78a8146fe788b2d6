import Diagnostics

/// Why a file or folder is not a decoder that can be read, or not the one that was expected.
public enum DecoderModelError: DiagnosableError, Equatable {
  /// `config.json` names a type of model that is not in the list.
  case unknownModelType(file: String, actual: String)
  /// A count of the configuration is none that a model has.
  case unusableCount(file: String, key: String, actual: Int)
  /// No layer has an MLP under a name that the family uses.
  case noExperts(path: String, family: String)
  /// A tensor has another number of dimensions than its layout.
  case unexpectedShape(tensor: String, file: String, expected: String, actual: [Int])
  /// There is no tensor of that role.
  case missingTensor(role: String, path: String)
  /// A quantised tensor would have to be cut across its blocks.
  case brokenBlocks(tensor: String, file: String)
  /// A number that is not finite.
  case nonFinite(tensor: String, file: String, row: Int)
  /// A shard of a GGUF model is not there.
  case missingPart(file: String, expected: String)

  /// The stable identifier.
  public var code: String {
    switch self {
    case .unknownModelType: "decoder.unknown-model-type"
    case .unusableCount: "decoder.unusable-count"
    case .noExperts: "decoder.no-experts"
    case .unexpectedShape: "decoder.unexpected-shape"
    case .missingTensor: "decoder.missing-tensor"
    case .brokenBlocks: "decoder.broken-blocks"
    case .nonFinite: "decoder.non-finite"
    case .missingPart: "decoder.missing-part"
    }
  }

  /// What is wrong, with the values.
  public var what: String {
    switch self {
    case .unknownModelType(_, let actual):
      "the model type is `\(actual)`, which is none of the decoders that are read"
    case .unusableCount(_, let key, let actual):
      "`\(key)` is \(actual), which no model of these tensors has"
    case .noExperts(_, let family): "no layer has an MLP under a name that a \(family) uses"
    case .unexpectedShape(let tensor, _, let expected, let actual):
      "the tensor `\(tensor)` has the shape \(actual), expected \(expected)"
    case .missingTensor(let role, _): "the model has no tensor for \(role)"
    case .brokenBlocks(let tensor, _):
      "the rows of `\(tensor)` are not whole blocks, so they cannot be read apart"
    case .nonFinite(let tensor, _, let row):
      "row \(row) of `\(tensor)` has a value that is not finite"
    case .missingPart(_, let expected): "the model's part `\(expected)` is not there"
    }
  }

  /// The file or folder.
  public var location: String? {
    switch self {
    case .unknownModelType(let file, _), .unusableCount(let file, _, _),
      .unexpectedShape(_, let file, _, _), .brokenBlocks(_, let file),
      .nonFinite(_, let file, _), .missingPart(let file, _):
      file
    case .noExperts(let path, _), .missingTensor(_, let path): path
    }
  }

  /// How to fix it.
  public var hints: [String] {
    switch self {
    case .unknownModelType:
      ["name a folder of a Llama-type decoder or of a mixture of them, or a GGUF file"]
    case .unusableCount: ["check that `config.json` belongs to these weights"]
    case .noExperts, .missingTensor, .unexpectedShape:
      ["run `routemark inspect` on the path to see which tensors it has"]
    case .brokenBlocks, .nonFinite: ["download the file again, or use one that is not quantised"]
    case .missingPart: ["put all parts of the model in one folder"]
    }
  }
}
