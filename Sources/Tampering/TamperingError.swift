import Diagnostics

/// What can be wrong with a tampering or with the model it is asked to work on.
public enum TamperingError: DiagnosableError, Equatable {
  /// The mixture has no expert of that name.
  case unknownExpert(name: String, model: String, known: [String])
  /// Two experts of the result would have the same name.
  case duplicateExpert(name: String)
  /// The operation changes experts or routers, and the folder holds a plain tower.
  case notAMixture(path: String, operation: String)
  /// A plain tower was expected, and the folder holds a mixture.
  case notATower(path: String, operation: String)
  /// The operation says neither how to change a tower nor how to change a mixture.
  case unsupportedOperation(operation: String, path: String)
  /// Deleting would leave a mixture without experts.
  case nothingLeft(model: String)
  /// Tying needs at least two different experts.
  case tooFewExperts(operation: String, expected: Int, actual: Int)
  /// A number is not in the range that the operation has a meaning for.
  case valueOutOfRange(name: String, expected: String, actual: String)
  /// Quantisation is to 8, 4 or 3 bits.
  case unsupportedBits(actual: Int)
  /// Groups of N:M pruning do not fill a row.
  case groupDoesNotDivideRow(tensor: String, group: Int, columns: Int)
  /// Another model's tower has another shape.
  case configurationMismatch(path: String, key: String, expected: String, actual: String)
  /// Calibration images do not have the model's number of pixels.
  case calibrationMismatch(expected: Int, actual: Int)
  /// WANDA pruning needs calibration images.
  case noCalibrationImages
  /// The output folder is, contains, or lies in a folder of the input.
  case outputTouchesInput(output: String, input: String)
  /// The tower cannot be rewritten so without changing what it computes.
  case rewriteNotAllowed(rewrite: String, path: String, reason: String)
  /// The key `tampering` of the input's `config.json` is not a list.
  case malformedRecord(file: String, actual: String)

  /// The stable identifier.
  public var code: String {
    switch self {
    case .unknownExpert: "tampering.unknown-expert"
    case .duplicateExpert: "tampering.duplicate-expert"
    case .notAMixture: "tampering.not-a-mixture"
    case .notATower: "tampering.not-a-tower"
    case .unsupportedOperation: "tampering.unsupported-operation"
    case .nothingLeft: "tampering.nothing-left"
    case .tooFewExperts: "tampering.too-few-experts"
    case .valueOutOfRange: "tampering.value-out-of-range"
    case .unsupportedBits: "tampering.unsupported-bits"
    case .groupDoesNotDivideRow: "tampering.group-does-not-divide-row"
    case .configurationMismatch: "tampering.configuration-mismatch"
    case .calibrationMismatch: "tampering.calibration-mismatch"
    case .noCalibrationImages: "tampering.no-calibration-images"
    case .outputTouchesInput: "tampering.output-touches-input"
    case .rewriteNotAllowed: "tampering.rewrite-not-allowed"
    case .malformedRecord: "tampering.malformed-record"
    }
  }

  /// What is wrong, with the values.
  public var what: String {
    switch self {
    case .unknownExpert(let name, _, let known):
      "no expert is named `\(name)`, the mixture has "
        + known.map { "`\($0)`" }.joined(separator: ", ")
    case .duplicateExpert(let name): "two experts would be named `\(name)`"
    case .notAMixture(_, let operation):
      "`\(operation)` needs a merged model, found a plain tower"
    case .notATower(_, let operation):
      "`\(operation)` needs a plain tower here, found a merged model"
    case .unsupportedOperation(let operation, _):
      "`\(operation)` changes neither towers nor mixtures, so it would change nothing"
    case .nothingLeft: "no expert would be left"
    case .tooFewExperts(let operation, let expected, let actual):
      "`\(operation)` got \(actual) different experts, expected at least \(expected)"
    case .valueOutOfRange(let name, let expected, let actual):
      "`\(name)` is \(actual), expected \(expected)"
    case .unsupportedBits(let actual): "`bits` is \(actual), expected 8, 4 or 3"
    case .groupDoesNotDivideRow(_, let group, let columns):
      "a row of \(columns) weights is not a whole number of groups of \(group)"
    case .configurationMismatch(_, let key, let expected, let actual):
      "`\(key)` is \(actual), the model that is tampered with has \(expected)"
    case .calibrationMismatch(let expected, let actual):
      "the calibration images have \(actual) numbers, expected \(expected)"
    case .noCalibrationImages: "there are no calibration images"
    case .outputTouchesInput(_, let input): "the output would change the input `\(input)`"
    case .rewriteNotAllowed(let rewrite, _, let reason):
      "`\(rewrite)` would change what the tower computes, because \(reason)"
    case .malformedRecord(_, let actual): "`tampering` is \(actual), expected a list"
    }
  }

  /// The model, file or tensor at fault.
  public var location: String? {
    switch self {
    case .unknownExpert(_, let model, _), .nothingLeft(let model): model
    case .notAMixture(let path, _), .notATower(let path, _),
      .unsupportedOperation(_, let path), .configurationMismatch(let path, _, _, _),
      .rewriteNotAllowed(_, let path, _):
      path
    case .groupDoesNotDivideRow(let tensor, _, _): "tensor `\(tensor)`"
    case .outputTouchesInput(let output, _): output
    case .malformedRecord(let file, _): file
    case .duplicateExpert, .tooFewExperts, .valueOutOfRange, .unsupportedBits,
      .calibrationMismatch, .noCalibrationImages:
      nil
    }
  }

  /// How to fix it.
  public var hints: [String] {
    switch self {
    case .unknownExpert: ["run `routemark inspect` on the model to see its experts"]
    case .duplicateExpert: ["choose another name"]
    case .notAMixture: ["make one with `routemark merge`"]
    case .notATower: ["name the folder of an expert or of the base model"]
    case .unsupportedOperation: ["make it a `TowerTampering` or a `MixtureTampering`"]
    case .nothingLeft: ["keep at least one expert"]
    case .tooFewExperts: ["name more experts, separated by commas"]
    case .valueOutOfRange, .unsupportedBits: ["choose a value in the range"]
    case .groupDoesNotDivideRow: ["choose groups that divide the width of the tower and its MLP"]
    case .configurationMismatch: ["use models that were fine-tuned from one base model"]
    case .calibrationMismatch: ["preprocess the images as `preprocessor_config.json` says"]
    case .noCalibrationImages: ["name images with --data NAME=TAR"]
    case .outputTouchesInput: ["write to another folder"]
    case .rewriteNotAllowed: ["choose another rewrite, or another tower"]
    case .malformedRecord: ["restore the `config.json` that the tool wrote"]
    }
  }
}
