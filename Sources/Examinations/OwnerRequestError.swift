import Diagnostics

/// What keeps a subset, a mark or a commitment from being made or examined.
public enum OwnerRequestError: DiagnosableError, Equatable {
  /// The pool has too few different items.
  case tooFewItems(path: String, count: Int)
  /// A draw within classes needs labels.
  case labelsNeeded(path: String)
  /// A text is not UTF-8.
  case notText(path: String)
  /// The share is no share.
  case shareOutOfRange(actual: String)
  /// Models are judged by images, and neither the secret nor the request says where they lie.
  case poolNeeded(secret: String)
  /// Models are judged by a head, and neither the secret nor the request says the task's name.
  case taskNeeded(secret: String)
  /// Models are judged by a head, and none was named.
  case headNeeded(model: String)
  /// A model was named for a pool of texts.
  case answersNeeded(model: String)
  /// The images are not those of the pool.
  case anotherPool(path: String, missing: Int, first: String)
  /// The victim's record says nothing of its training.
  case noTrainingRecord(path: String)
  /// The victim was trained from another model.
  case anotherBase(path: String, expected: Digest, actual: Digest)
  /// The victim was trained on other images.
  case otherImages(path: String, task: String, expected: String, actual: String)
  /// The victim was trained on images that the secret subset does not have, or not on all of it.
  case notTheSubset(path: String, expected: Int, found: Int)
  /// The machine lacks the instruction set that the victim was trained with.
  case missingInstructions(expected: String)
  /// Something that the training is repeated with was not named.
  case rebuildNeeds(what: String)

  /// The stable identifier.
  public var code: String {
    switch self {
    case .tooFewItems: "owner.too-few-items"
    case .labelsNeeded: "owner.labels-needed"
    case .notText: "owner.not-text"
    case .shareOutOfRange: "owner.share-out-of-range"
    case .poolNeeded: "owner.pool-needed"
    case .taskNeeded: "owner.task-needed"
    case .headNeeded: "owner.head-needed"
    case .answersNeeded: "owner.answers-needed"
    case .anotherPool: "owner.another-pool"
    case .noTrainingRecord: "owner.no-training-record"
    case .anotherBase: "owner.another-base"
    case .otherImages: "owner.other-images"
    case .notTheSubset: "owner.not-the-subset"
    case .missingInstructions: "owner.missing-instructions"
    case .rebuildNeeds: "owner.rebuild-needs"
    }
  }

  /// What is wrong, with the values.
  public var what: String {
    switch self {
    case .tooFewItems(_, let count):
      "expected at least 2 different items in the pool, found \(count)"
    case .labelsNeeded: "the items have no labels, so nothing can be drawn within classes"
    case .notText: "the file is not UTF-8"
    case .shareOutOfRange(let actual): "expected a share above 0 and below 1, found \(actual)"
    case .poolNeeded: "the secret does not say where the pool's images lie"
    case .taskNeeded: "the secret does not name the task"
    case .headNeeded: "a model is judged by a zero-shot head, and none was named"
    case .answersNeeded: "the pool is a text, and this is no file of losses"
    case .anotherPool(_, let missing, let first):
      "\(missing) images of the pool are missing, the first is `\(first)`"
    case .noTrainingRecord: "`config.json` says nothing of how the model was trained"
    case .anotherBase(_, let expected, let actual):
      "the model was trained from \(expected), the base that was named is \(actual)"
    case .otherImages(_, let task, let expected, let actual):
      "task `\(task)` was trained on \(expected), the images that were named are \(actual)"
    case .notTheSubset(_, let expected, let found):
      "expected the \(expected) images that the subset uses and no others, found \(found) of them"
    case .missingInstructions(let expected):
      "the victim was trained with the instruction set `\(expected)`, which this machine lacks"
    case .rebuildNeeds(let what): "to train again, \(what) is needed"
    }
  }

  /// The file, folder or model.
  public var location: String? {
    switch self {
    case .tooFewItems(let path, _), .labelsNeeded(let path), .notText(let path),
      .poolNeeded(let path), .taskNeeded(let path), .headNeeded(let path),
      .answersNeeded(let path), .anotherPool(let path, _, _), .noTrainingRecord(let path),
      .anotherBase(let path, _, _), .otherImages(let path, _, _, _),
      .notTheSubset(let path, _, _):
      path
    case .shareOutOfRange, .missingInstructions, .rebuildNeeds: nil
    }
  }

  /// How to fix it.
  public var hints: [String] {
    switch self {
    case .tooFewItems: ["a subset is found in a pool of hundreds of items"]
    case .labelsNeeded: ["draw from the whole pool"]
    case .notText: ["convert the text to UTF-8"]
    case .shareOutOfRange: ["one half gives the most power"]
    case .poolNeeded: ["name the images that the subset was drawn from"]
    case .taskNeeded: ["name the task, as the file of heads calls it"]
    case .headNeeded: ["name the file of zero-shot heads"]
    case .answersNeeded: ["have a program of your own give the losses, and name their file"]
    case .anotherPool: ["name the images that the subset was drawn from"]
    case .noTrainingRecord: ["name a model that `finetune` has made"]
    case .anotherBase: ["name the model that the victim was trained from"]
    case .otherImages: ["name the images that the victim was trained on"]
    case .notTheSubset: ["name the subset that the victim was trained on"]
    case .missingInstructions: ["train it again on a machine that has it"]
    case .rebuildNeeds: ["name it, or leave the training out of the check"]
    }
  }
}
