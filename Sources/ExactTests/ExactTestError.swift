import Diagnostics

/// Why an exact test cannot be run on what was given.
///
/// Images, re-runs, layers and entries are counted from 0; run 0 is the victim.
public enum ExactTestError: DiagnosableError, Equatable {
  /// There is no re-run to rank the victim among.
  case noReruns
  /// A statistic, loss or weight is NaN or infinite.
  case notFinite(name: String, index: Int, value: String)
  /// Two lists that belong together differ in length.
  case countMismatch(name: String, expected: Int, actual: Int)
  /// A number lies outside its range.
  case valueOutOfRange(name: String, range: String, actual: String)
  /// A Gram matrix has no layer, or a layer is no square of the right size.
  case wrongGramSize(layer: Int, expected: String, actual: Int)
  /// Mirrored inner products differ.
  case gramNotSymmetric(layer: Int, row: Int, column: Int, first: Double, second: Double)
  /// An inner product is larger than both vectors allow.
  case impossibleProduct(layer: Int, row: Int, column: Int, value: Double, limit: Double)
  /// Two runs are the same in every layer.
  case identicalRuns(first: Int, second: Int)
  /// No class of the pool has both used and unused images.
  case nothingToPermute(images: Int, used: Int)
  /// A distribution is too large to be counted.
  case tooManyOutcomes(experts: Int, limit: Int)
  /// A sign key has a value that is neither 1 nor -1.
  case notASign(index: Int, value: String)
  /// Tests cannot be combined in this order.
  case wrongOrder(expected: String, actual: String)
  /// A test that rests on null experts was given where an exact one is needed.
  case notExact(test: ExactTestKind, expert: String)
  /// A test was given beside the reason why it cannot be run.
  case refusedTest(test: ExactTestKind, expert: String, refusal: ExactRefusal)
  /// Two entries have one name.
  case duplicateName(String)

  /// The stable identifier.
  public var code: String {
    switch self {
    case .noReruns: "exact-tests.no-re-runs"
    case .notFinite: "exact-tests.not-finite"
    case .countMismatch: "exact-tests.count-mismatch"
    case .valueOutOfRange: "exact-tests.value-out-of-range"
    case .wrongGramSize: "exact-tests.wrong-gram-size"
    case .gramNotSymmetric: "exact-tests.gram-not-symmetric"
    case .impossibleProduct: "exact-tests.impossible-product"
    case .identicalRuns: "exact-tests.identical-runs"
    case .nothingToPermute: "exact-tests.nothing-to-permute"
    case .tooManyOutcomes: "exact-tests.too-many-outcomes"
    case .notASign: "exact-tests.not-a-sign"
    case .wrongOrder: "exact-tests.wrong-order"
    case .notExact: "exact-tests.not-exact"
    case .refusedTest: "exact-tests.refused-test"
    case .duplicateName: "exact-tests.duplicate-name"
    }
  }

  /// What is wrong, with the values.
  public var what: String {
    switch self {
    case .noReruns: "expected at least 1 re-run of the victim's recipe, found none"
    case .notFinite(_, _, let value): "expected a finite number, found `\(value)`"
    case .countMismatch(let name, let expected, let actual):
      "expected \(expected) values of \(name), found \(actual)"
    case .valueOutOfRange(_, let range, let actual): "expected \(range), found `\(actual)`"
    case .wrongGramSize(_, let expected, let actual):
      "expected \(expected) inner products, found \(actual)"
    case .gramNotSymmetric(_, _, _, let first, let second):
      "expected mirrored inner products to be equal, found \(first) and \(second)"
    case .impossibleProduct(_, _, _, let value, let limit):
      "expected an inner product of magnitude up to \(limit), found \(value)"
    case .identicalRuns(let first, let second):
      "expected runs that differ, found the same weights in runs \(first) and \(second)"
    case .nothingToPermute(let images, let used):
      "expected used and unused images in at least one class, found \(used) used of \(images)"
    case .tooManyOutcomes(let experts, let limit):
      "expected at most \(limit) products of ranks to go through, found more for \(experts) experts"
    case .notASign(_, let value): "expected a sign, 1 or -1, found `\(value)`"
    case .wrongOrder(let expected, let actual): "expected tests as \(expected), found \(actual)"
    case .notExact(let test, _):
      "expected a test of the owner's own randomness, found `\(test.rawValue)`"
    case .refusedTest(let test, _, let refusal):
      "expected no test `\(test.rawValue)` where it is refused (`\(refusal.rawValue)`), found one"
    case .duplicateName(let name): "expected each name once, found `\(name)` twice"
    }
  }

  /// The value, layer, entry or expert.
  public var location: String? {
    switch self {
    case .notFinite(let name, let index, _): "\(name), index \(index)"
    case .valueOutOfRange(let name, _, _): "`\(name)`"
    case .wrongGramSize(let layer, _, _): "layer \(layer)"
    case .gramNotSymmetric(let layer, let row, let column, _, _),
      .impossibleProduct(let layer, let row, let column, _, _):
      "layer \(layer), entry [\(row), \(column)]"
    case .notASign(let index, _): "key, index \(index)"
    case .notExact(_, let expert), .refusedTest(_, let expert, _): "expert `\(expert)`"
    case .noReruns, .countMismatch, .identicalRuns, .nothingToPermute, .tooManyOutcomes,
      .wrongOrder, .duplicateName:
      nil
    }
  }

  /// How to fix it.
  public var hints: [String] {
    switch self {
    case .noReruns:
      ["train the victim's recipe again with other seeds; 19 re-runs reach 5 %, 99 reach 1 %"]
    case .notFinite: ["look for weights, losses or logits that overflowed"]
    case .countMismatch: ["give one value for each entry, in the same order"]
    case .valueOutOfRange: ["give a value in the range"]
    case .wrongGramSize:
      [
        "give every layer the inner products of the suspect, the fixed directions, the victim and all re-runs, in this order"
      ]
    case .gramNotSymmetric, .impossibleProduct:
      ["compute the inner products again, in Double; a file that was edited does not add up"]
    case .identicalRuns:
      ["draw a fresh seed for every run; a seed that was used twice is no re-run"]
    case .nothingToPermute: ["leave some images of the pool unused when the subset is drawn"]
    case .tooManyOutcomes: ["combine the ranks by their sum, whose distribution stays small"]
    case .notASign: ["expand the key as signs, or test it as a Gaussian key"]
    case .wrongOrder: ["combine the subset first, then re-runs on that subset, then the key"]
    case .notExact: ["give it as screening; a verdict rests on exact tests only"]
    case .refusedTest: ["leave the re-runs out; a secret subset or a keyed mark is not affected"]
    case .duplicateName: ["give every expert and every licensee a name of its own"]
    }
  }
}
