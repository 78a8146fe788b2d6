import Diagnostics

/// Why null experts cannot calibrate a case, or a calibration cannot be read.
///
/// Layers, entries and experts are counted from 0.
public enum CalibrationError: DiagnosableError, Equatable {
  /// A Gram matrix has no layer.
  case noLayers(pair: String)
  /// A layer's matrix does not have the size of the first one, or is no square.
  case wrongGramSize(pair: String, layer: Int, expected: Int, actual: Int)
  /// A block of probe images does not have the layers of the whole.
  case wrongLayerCount(pair: String, expected: Int, actual: Int)
  /// Inner products of blocks do not add up to that of all probe images.
  case blocksDoNotAddUp(
    pair: String, layer: Int, row: Int, column: Int, expected: Double, actual: Double)
  /// An entry is NaN, infinite or beyond the limit.
  case gramEntryOutOfRange(pair: String, layer: Int, row: Int, column: Int, value: String)
  /// Two mirrored entries differ.
  case gramNotSymmetric(
    pair: String, layer: Int, row: Int, column: Int, first: Double, second: Double)
  /// The square of a vector is negative.
  case negativeSquare(pair: String, layer: Int, row: Int, value: Double)
  /// An inner product is larger than both vectors allow.
  case impossibleProduct(
    pair: String, layer: Int, row: Int, column: Int, value: Double, limit: Double)
  /// The share of weights left out is not in 0...1.
  case maskedShareOutOfRange(pair: String, value: String)
  /// A Gram matrix names an expert that the model does not have.
  case unknownExpert(role: String, name: String)
  /// Two Gram matrices are of one pair.
  case duplicateGram(pair: String)
  /// A Gram matrix does not have as many nulls as the pool has experts of a task.
  case wrongNullCount(subject: String, expected: Int, actual: Int)
  /// Neither null fingerprints nor Gram matrices were given.
  case noEvidence
  /// The pool was built for another suite.
  case poolOfAnotherSuite(expected: Digest, actual: Digest)
  /// A null fingerprint cannot be compared with the victim's.
  case incomparableNull(index: Int, field: String, expected: String, actual: String)
  /// A null merge lacks the victim's expert.
  case missingNullExpert(index: Int, expert: String)
  /// An option lies outside its range.
  case optionOutOfRange(name: String, range: String, actual: String)

  /// The stable identifier.
  public var code: String {
    switch self {
    case .noLayers: "calibration.no-layers"
    case .wrongGramSize: "calibration.wrong-gram-size"
    case .wrongLayerCount: "calibration.wrong-layer-count"
    case .blocksDoNotAddUp: "calibration.blocks-do-not-add-up"
    case .gramEntryOutOfRange: "calibration.gram-entry-out-of-range"
    case .gramNotSymmetric: "calibration.gram-not-symmetric"
    case .negativeSquare: "calibration.negative-square"
    case .impossibleProduct: "calibration.impossible-product"
    case .maskedShareOutOfRange: "calibration.masked-share-out-of-range"
    case .unknownExpert: "calibration.unknown-expert"
    case .duplicateGram: "calibration.duplicate-gram"
    case .wrongNullCount: "calibration.wrong-null-count"
    case .noEvidence: "calibration.no-evidence"
    case .poolOfAnotherSuite: "calibration.pool-of-another-suite"
    case .incomparableNull: "calibration.incomparable-null"
    case .missingNullExpert: "calibration.missing-null-expert"
    case .optionOutOfRange: "calibration.option-out-of-range"
    }
  }

  /// What is wrong, with the values.
  public var what: String {
    switch self {
    case .noLayers: "expected at least 1 layer of inner products, found none"
    case .wrongGramSize(_, _, let expected, let actual):
      "expected \(expected) inner products (a square of at least 3), found \(actual)"
    case .wrongLayerCount(_, let expected, let actual):
      "expected \(expected) layers of inner products, found \(actual)"
    case .blocksDoNotAddUp(_, _, _, _, let expected, let actual):
      "expected blocks that add up to \(expected), found \(actual)"
    case .gramEntryOutOfRange(_, _, _, _, let value):
      "expected an inner product of magnitude up to \(ResponseGram.magnitudeLimit), found \(value)"
    case .gramNotSymmetric(_, _, _, _, let first, let second):
      "expected mirrored inner products to be equal, found \(first) and \(second)"
    case .negativeSquare(_, _, _, let value): "expected a square of at least 0, found \(value)"
    case .impossibleProduct(_, _, _, _, let value, let limit):
      "expected an inner product of magnitude up to \(limit), the product of both lengths, "
        + "found \(value)"
    case .maskedShareOutOfRange(_, let value): "expected a share in 0...1, found \(value)"
    case .unknownExpert(let role, let name):
      "expected an expert of the \(role), found `\(name)`"
    case .duplicateGram: "expected one set of inner products a pair, found two"
    case .wrongNullCount(_, let expected, let actual):
      "expected the pool's \(expected) nulls, found \(actual)"
    case .noEvidence: "expected null fingerprints or response Gram matrices, found neither"
    case .poolOfAnotherSuite(let expected, let actual):
      "expected a null pool of suite `\(expected)`, found one of `\(actual)`"
    case .incomparableNull(_, let field, let expected, let actual):
      "expected the victim's \(field) `\(expected)`, found `\(actual)`"
    case .missingNullExpert(_, let expert):
      "expected an expert named `\(expert)`, found none"
    case .optionOutOfRange(_, let range, let actual): "expected \(range), found \(actual)"
    }
  }

  /// The pair, layer and entry, the null merge or the option.
  public var location: String? {
    switch self {
    case .noLayers(let pair), .maskedShareOutOfRange(let pair, _), .duplicateGram(let pair),
      .wrongLayerCount(let pair, _, _):
      "pair \(pair)"
    case .wrongGramSize(let pair, let layer, _, _): "pair \(pair), layer \(layer)"
    case .negativeSquare(let pair, let layer, let row, _):
      "pair \(pair), layer \(layer), entry [\(row), \(row)]"
    case .gramEntryOutOfRange(let pair, let layer, let row, let column, _),
      .gramNotSymmetric(let pair, let layer, let row, let column, _, _),
      .impossibleProduct(let pair, let layer, let row, let column, _, _),
      .blocksDoNotAddUp(let pair, let layer, let row, let column, _, _):
      "pair \(pair), layer \(layer), entry [\(row), \(column)]"
    case .wrongNullCount(let subject, _, _): subject
    case .incomparableNull(let index, _, _, _), .missingNullExpert(let index, _):
      "null merge \(index)"
    case .optionOutOfRange(let name, _, _): "option `\(name)`"
    case .unknownExpert, .noEvidence, .poolOfAnotherSuite: nil
    }
  }

  /// How to fix it.
  public var hints: [String] {
    switch self {
    case .noLayers, .wrongGramSize, .wrongLayerCount:
      ["give every layer the inner products of victim, suspect and all nulls, in this order"]
    case .gramEntryOutOfRange, .negativeSquare, .impossibleProduct:
      ["check the weights of victim, suspect and nulls; sum inner products in Double"]
    case .gramNotSymmetric, .blocksDoNotAddUp:
      ["the file is damaged or was edited; compare the models again"]
    case .maskedShareOutOfRange: ["give the share of weights that all sides leave out"]
    case .unknownExpert: ["name experts as the fingerprints do"]
    case .duplicateGram: ["give each pair of experts once"]
    case .wrongNullCount: ["use all nulls of one pool for every expert"]
    case .noEvidence:
      [
        "make null merges with `routemark null merge`, or give the weights of victim, suspect and "
          + "base model"
      ]
    case .poolOfAnotherSuite, .incomparableNull:
      ["capture victim, suspect and null merges over the same suite with the same signal"]
    case .missingNullExpert: ["name the experts of null merges as the victim's experts"]
    case .optionOutOfRange: ["choose a value in range"]
    }
  }
}
