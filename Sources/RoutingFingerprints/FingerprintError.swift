import Diagnostics

/// What can go wrong when fingerprints are accumulated, combined or read.
///
/// Samples, layers and experts are counted from 0.
public enum FingerprintError: DiagnosableError, Equatable {
  /// The description names no task or no expert.
  case noNames(key: String)
  /// A task or expert has an empty name.
  case emptyName(key: String, index: Int)
  /// Two tasks or two experts have the same name.
  case duplicateName(key: String, name: String, first: Int, second: Int)
  /// There is no routed layer.
  case invalidLayerCount(actual: Int)
  /// The fingerprint would have more than `limit` values.
  case tooLarge(tasks: Int, experts: Int, layers: Int, limit: Int)
  /// A batch of logits has not `samples` x E x L values.
  case wrongLogitCount(samples: Int, expected: Int, actual: Int)
  /// A sample belongs to no task.
  case taskOutOfRange(sample: Int, task: Int, taskCount: Int)
  /// A router logit is NaN or infinite.
  case nonFiniteLogit(sample: Int, layer: Int, expert: Int, value: String)
  /// A probability is zero, so its logarithm does not exist.
  case zeroProbability(sample: Int, layer: Int, expert: Int)
  /// A probability is negative or more than one.
  case probabilityOutOfRange(sample: Int, layer: Int, expert: Int, value: Float)
  /// Probabilities of one sample and layer do not sum to one over experts.
  case probabilitiesDoNotSum(sample: Int, layer: Int, sum: Double, axesSwapped: Bool)
  /// Two shards do not describe the same model, suite and axes.
  case shardMismatch(field: String, expected: String, actual: String)
  /// A task has no samples.
  case emptyTask(task: String, count: Int)
  /// The counts add up to more than an integer holds.
  case sampleCountOverflow(task: String, count: Int)
  /// The number of samples is not the sum of the counts.
  case wrongSampleCount(expected: Int, actual: Int)
  /// The file has another schema.
  case unknownSchema(expected: String, actual: String)
  /// An array has the wrong length.
  case wrongLength(key: String, expected: Int, actual: Int)
  /// A number is NaN, infinite or larger than any mean of logits.
  case valueOutOfRange(key: String, value: String, limit: Double)
  /// A preference has an entry outside 0...1 or does not sum to one.
  case notADistribution(key: String, sum: Double)
  /// More blocks were asked for than a fingerprint may have.
  case blockCountOutOfRange(actual: Int, limit: Int)
  /// The blocks of a task do not hold its samples.
  case wrongBlockCounts(task: String, expected: Int)
  /// Columns are said to be the same experts at all sites, and a site has others.
  case columnsDiffer(site: String, first: String)

  /// The stable identifier.
  public var code: String {
    switch self {
    case .noNames: "fingerprint.no-names"
    case .emptyName: "fingerprint.empty-name"
    case .duplicateName: "fingerprint.duplicate-name"
    case .invalidLayerCount: "fingerprint.invalid-layer-count"
    case .tooLarge: "fingerprint.too-large"
    case .wrongLogitCount: "fingerprint.wrong-logit-count"
    case .taskOutOfRange: "fingerprint.task-out-of-range"
    case .nonFiniteLogit: "fingerprint.non-finite-logit"
    case .zeroProbability: "fingerprint.zero-probability"
    case .probabilityOutOfRange: "fingerprint.probability-out-of-range"
    case .probabilitiesDoNotSum: "fingerprint.probabilities-do-not-sum"
    case .shardMismatch: "fingerprint.shard-mismatch"
    case .emptyTask: "fingerprint.empty-task"
    case .sampleCountOverflow: "fingerprint.sample-count-overflow"
    case .wrongSampleCount: "fingerprint.wrong-sample-count"
    case .unknownSchema: "fingerprint.unknown-schema"
    case .wrongLength: "fingerprint.wrong-length"
    case .valueOutOfRange: "fingerprint.value-out-of-range"
    case .notADistribution: "fingerprint.not-a-distribution"
    case .blockCountOutOfRange: "fingerprint.block-count-out-of-range"
    case .wrongBlockCounts: "fingerprint.wrong-block-counts"
    case .columnsDiffer: "fingerprint.columns-differ"
    }
  }

  /// What is wrong, with the values.
  public var what: String {
    switch self {
    case .noNames: "expected at least one name, found none"
    case .emptyName: "expected a name, found an empty one"
    case .duplicateName(_, let name, let first, let second):
      "expected distinct names, found `\(name)` at \(first) and \(second)"
    case .invalidLayerCount(let actual): "expected at least 1 routed layer, found \(actual)"
    case .tooLarge(let tasks, let experts, let layers, let limit):
      "expected at most \(limit) values, found \(tasks) tasks x \(experts) experts x "
        + "\(layers) layers"
    case .wrongLogitCount(let samples, let expected, let actual):
      "expected \(expected) logits for \(samples) samples, found \(actual)"
    case .taskOutOfRange(_, let task, let taskCount):
      "expected a task index in 0..<\(taskCount), found \(task)"
    case .nonFiniteLogit(_, _, _, let value): "expected a finite router logit, found \(value)"
    case .zeroProbability: "expected a routing probability above 0, found 0"
    case .probabilityOutOfRange(_, _, _, let value):
      "expected a routing probability in 0...1, found \(value)"
    case .probabilitiesDoNotSum(_, _, let sum, _):
      "expected probabilities that sum to 1 over experts, found the sum \(sum)"
    case .shardMismatch(let field, let expected, let actual):
      "shards differ in \(field): expected `\(expected)`, found `\(actual)`"
    case .emptyTask(let task, let count):
      "expected at least 1 sample of task `\(task)`, found \(count)"
    case .sampleCountOverflow(let task, let count):
      "expected at most \(ModelFingerprint.sampleLimit) samples, found \(count) of task `\(task)`"
    case .wrongSampleCount(let expected, let actual):
      "expected the sum \(expected) of the counts, found \(actual)"
    case .unknownSchema(let expected, let actual):
      "expected schema `\(expected)`, found `\(actual)`"
    case .wrongLength(_, let expected, let actual):
      "expected \(expected) entries, found \(actual)"
    case .valueOutOfRange(_, let value, let limit):
      "expected a finite number of magnitude up to \(limit), found \(value)"
    case .notADistribution(_, let sum):
      "expected probabilities in 0...1 that sum to 1, found the sum \(sum)"
    case .blockCountOutOfRange(let actual, let limit):
      "expected 0 to \(limit) blocks, found \(actual)"
    case .wrongBlockCounts(let task, let expected):
      "expected blocks of together \(expected) samples of task `\(task)`, none of them empty"
    case .columnsDiffer(let site, let first):
      "site `\(site)` has other experts than `\(first)`, although slots are `columns`"
    }
  }

  /// The sample, layer and expert, or the key.
  public var location: String? {
    switch self {
    case .nonFiniteLogit(let sample, let layer, let expert, _),
      .zeroProbability(let sample, let layer, let expert),
      .probabilityOutOfRange(let sample, let layer, let expert, _):
      "sample \(sample), layer \(layer), expert \(expert)"
    case .probabilitiesDoNotSum(let sample, let layer, _, _): "sample \(sample), layer \(layer)"
    case .taskOutOfRange(let sample, _, _): "sample \(sample)"
    case .noNames(let key), .duplicateName(let key, _, _, _), .wrongLength(let key, _, _),
      .valueOutOfRange(let key, _, _), .notADistribution(let key, _):
      "key `\(key)`"
    case .emptyName(let key, let index): "key `\(key)[\(index)]`"
    case .invalidLayerCount: "key `layerCount`"
    case .emptyTask, .sampleCountOverflow: "key `counts`"
    case .wrongSampleCount: "key `sampleCount`"
    case .unknownSchema: "key `schema`"
    case .wrongBlockCounts: "key `blocks.counts`"
    case .columnsDiffer: "key `sites`"
    case .tooLarge, .wrongLogitCount, .shardMismatch, .blockCountOutOfRange: nil
    }
  }

  /// How to fix it.
  public var hints: [String] {
    switch self {
    case .noNames, .emptyName: ["give every task and every expert a name"]
    case .duplicateName: ["rename one of the two"]
    case .invalidLayerCount: ["check that the model has routed layers"]
    case .tooLarge: ["check the shape of `router_logits`"]
    case .wrongLogitCount: ["check that `router_logits` has shape [S, E, L]"]
    case .taskOutOfRange: ["check that `task` and the list of tasks belong together"]
    case .nonFiniteLogit: ["check the model's weights and the probe image of this sample"]
    case .zeroProbability:
      [
        "record the logits, or the full softmax before top-k masking",
        "a probability rounded to 0 has lost its logit; record it in f32",
      ]
    case .probabilityOutOfRange: ["if these are logits, record the signal as `logits`"]
    case .probabilitiesDoNotSum(_, _, _, let axesSwapped):
      axesSwapped
        ? [
          "the values sum to 1 over the last axis: write `router_logits` as [S, E, L], not [S, L, E]"
        ]
        : [
          "record the full softmax over all experts, before any are masked or rescaled",
          "if these are not probabilities, record the signal as `logits` or `weights`",
        ]
    case .shardMismatch: ["combine only shards of one model and one probe suite"]
    case .emptyTask: ["capture samples of this task, or combine all shards of the suite"]
    case .sampleCountOverflow, .wrongSampleCount, .wrongLength, .valueOutOfRange,
      .notADistribution, .wrongBlockCounts:
      ["the file is damaged or was edited; write it again from the trace"]
    case .columnsDiffer: ["write `slots` as `sites` where sites have experts of their own"]
    case .blockCountOutOfRange: ["use \(TaskBlocks.standardCount) blocks"]
    case .unknownSchema: ["check that this is a fingerprint, written by a version that is known"]
    }
  }
}
