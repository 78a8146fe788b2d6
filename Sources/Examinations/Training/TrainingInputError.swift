import Diagnostics

/// What can go wrong between a model, labelled images, a head and a run that trains or evaluates.
public enum TrainingInputError: DiagnosableError, Equatable {
  /// The heads file has no head for a task.
  case missingHead(file: String, task: String, available: [String])
  /// A head or a key of its file's metadata is not what it should be.
  case malformedHead(file: String, key: String, expected: String, actual: String)
  /// The head's rows are not as long as the tower's features.
  case headWidth(file: String, task: String, expected: Int, actual: Int)
  /// Two tasks have the same name.
  case duplicateTask(name: String)
  /// A sample has no label, and labels are needed.
  case missingLabel(source: String, sample: String)
  /// A label is not one of the head's classes.
  case labelOutOfRange(source: String, sample: String, expected: Range<Int>, actual: Int)
  /// The class folders of a source are not the classes of the head; a name that is not known is `?`.
  case classesDiffer(source: String, task: String, expected: [String], actual: [String])
  /// The operation needs a plain tower, and the folder holds a merged model.
  case notAPlainTower(model: String)
  /// A teacher's features are not as long as the head's rows.
  case teacherWidth(teacher: String, task: String, expected: Int, actual: Int)
  /// What was asked for is for merged models, and the folder holds a plain tower.
  case notAMixture(model: String, asked: String)
  /// The tower was saved without its projection, so its features cannot be classified.
  case noProjection(model: String)
  /// A feature is not a finite number.
  case nonFiniteFeature(model: String, task: String, sample: String)
  /// An earlier run that did not finish has left its state.
  case unfinishedRun(state: String)
  /// The state belongs to a run with other settings or inputs.
  case differentRun(state: String, key: String, expected: String, actual: String)
  /// `config.json` has a `training` entry that is not a list.
  case malformedHistory(file: String, expected: String, actual: String)

  /// The stable identifier.
  public var code: String {
    switch self {
    case .missingHead: "train.missing-head"
    case .malformedHead: "train.malformed-head"
    case .headWidth: "train.head-width"
    case .duplicateTask: "train.duplicate-task"
    case .missingLabel: "train.missing-label"
    case .labelOutOfRange: "train.label-out-of-range"
    case .classesDiffer: "train.classes-differ"
    case .notAPlainTower: "train.not-a-plain-tower"
    case .teacherWidth: "train.teacher-width"
    case .notAMixture: "train.not-a-mixture"
    case .noProjection: "train.no-projection"
    case .nonFiniteFeature: "train.non-finite-feature"
    case .unfinishedRun: "train.unfinished-run"
    case .differentRun: "train.different-run"
    case .malformedHistory: "train.malformed-history"
    }
  }

  /// What is wrong, with the values.
  public var what: String {
    switch self {
    case .missingHead(_, let task, let available):
      "there is no head for task `\(task)`, only for "
        + available.map { "`\($0)`" }.joined(separator: ", ")
    case .malformedHead(_, let key, let expected, let actual):
      "`\(key)` is \(actual), expected \(expected)"
    case .headWidth(_, let task, let expected, let actual):
      "the head of task `\(task)` has rows of \(actual) numbers, the tower's features have \(expected)"
    case .duplicateTask(let name): "two tasks are named `\(name)`"
    case .missingLabel(_, let sample): "sample `\(sample)` has no label"
    case .labelOutOfRange(_, let sample, let expected, let actual):
      "sample `\(sample)` has label \(actual), the head has classes "
        + "\(expected.lowerBound) to \(expected.upperBound - 1)"
    case .classesDiffer(_, let task, let expected, let actual):
      "the head of task `\(task)` has \(expected.count) classes (\(Self.list(expected))), the "
        + "source has \(actual.count) (\(Self.list(actual)))"
    case .notAPlainTower: "expected a plain tower, found a merged model"
    case .teacherWidth(_, let task, let expected, let actual):
      "the teacher's features have \(actual) numbers, the head of task `\(task)` has rows of "
        + "\(expected)"
    case .notAMixture(_, let asked):
      "\(asked) is for merged models, found a plain tower"
    case .noProjection: "the tower has no `visual_projection.weight`"
    case .nonFiniteFeature(_, let task, let sample):
      "the features of sample `\(sample)` of task `\(task)` are not finite"
    case .unfinishedRun: "an earlier run to this output did not finish"
    case .differentRun(_, let key, let expected, let actual):
      "the unfinished run has `\(key)` \(actual), this one \(expected)"
    case .malformedHistory(_, let expected, let actual):
      "`training` is \(actual), expected \(expected)"
    }
  }

  /// The file or folder.
  public var location: String? {
    switch self {
    case .missingHead(let file, _, _), .malformedHead(let file, _, _, _),
      .headWidth(let file, _, _, _), .missingLabel(let file, _),
      .labelOutOfRange(let file, _, _, _), .classesDiffer(let file, _, _, _),
      .malformedHistory(let file, _, _):
      file
    case .notAPlainTower(let path), .teacherWidth(let path, _, _, _), .notAMixture(let path, _),
      .noProjection(let path), .nonFiniteFeature(let path, _, _),
      .unfinishedRun(let path), .differentRun(let path, _, _, _):
      path
    case .duplicateTask: nil
    }
  }

  /// How to fix it.
  public var hints: [String] {
    switch self {
    case .missingHead: ["name the task as the heads file does"]
    case .malformedHead: ["a head is a tensor `NAME.weight` [classes, projection], with metadata"]
    case .headWidth: ["use the heads that were made for this tower's text encoder"]
    case .duplicateTask: ["name every task once"]
    case .missingLabel: ["add a `.cls` file to every sample, or sort images into class folders"]
    case .labelOutOfRange: ["use the head whose classes are those of the data"]
    case .classesDiffer:
      ["name the class folders as the head's classes, or make a head for these classes"]
    case .notAPlainTower: ["start from the base model that experts are fine-tuned from"]
    case .teacherWidth: ["learn from a model of the same projection, which the head was made for"]
    case .notAMixture:
      ["fine-tune a tower on one task, or merge experts first"]
    case .noProjection: ["save the tower as CLIPVisionModelWithProjection"]
    case .nonFiniteFeature: ["check that the model's weights are finite numbers"]
    case .unfinishedRun: ["resume it, or replace it and begin again"]
    case .differentRun: ["resume with the same inputs and settings, or replace the unfinished run"]
    case .malformedHistory: ["rename the key: `training` holds a list of what was trained"]
    }
  }

  private static func list(_ names: [String]) -> String {
    if names.allSatisfy({ $0 == "?" }) { return "names unknown" }
    return names.prefix(12).joined(separator: ", ") + (names.count > 12 ? ", ..." : "")
  }
}
