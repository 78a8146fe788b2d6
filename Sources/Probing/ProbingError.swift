import Diagnostics

/// What can go wrong between a model and a trace.
public enum ProbingError: DiagnosableError, Equatable {
  /// The model has no router, so there is nothing to record.
  case noRouter(model: String)
  /// A trace lacks a tensor, or it has the wrong shape or type.
  case malformedTrace(file: String, tensor: String, expected: String, actual: String)
  /// A trace lacks a key of its metadata, or the value is not what it should be.
  case malformedTraceMetadata(file: String, key: String, expected: String, actual: String)
  /// Two traces of one fingerprint hold the same rows of the suite.
  case overlappingShards(file: String, other: String, rows: Range<Int>)
  /// A shard is not of the form I/N with I below N.
  case shardOutOfRange(index: Int, count: Int)
  /// A router logit is not finite.
  case nonFiniteLogit(file: String, task: String, sample: Int, layer: Int, expert: String)

  /// The stable identifier.
  public var code: String {
    switch self {
    case .noRouter: "probing.no-router"
    case .malformedTrace: "probing.malformed-trace"
    case .malformedTraceMetadata: "probing.malformed-trace-metadata"
    case .overlappingShards: "probing.overlapping-shards"
    case .shardOutOfRange: "probing.shard-out-of-range"
    case .nonFiniteLogit: "probing.non-finite-logit"
    }
  }

  /// What is wrong, with the values.
  public var what: String {
    switch self {
    case .noRouter: "the model has no router: it is a plain tower, not a mixture of experts"
    case .malformedTrace(_, let tensor, let expected, let actual):
      "`\(tensor)` is \(actual), expected \(expected)"
    case .malformedTraceMetadata(_, let key, let expected, let actual):
      "metadata `\(key)` is \(actual), expected \(expected)"
    case .overlappingShards(_, let other, let rows):
      "rows \(rows.lowerBound) to \(rows.upperBound - 1) of the suite are in `\(other)` too"
    case .shardOutOfRange(let index, let count):
      "shard \(index)/\(count) does not exist: shards are numbered from 0 to below their number"
    case .nonFiniteLogit(_, let task, let sample, let layer, let expert):
      "the router logit of sample \(sample) of task `\(task)`, layer \(layer), expert `\(expert)` is not finite"
    }
  }

  /// The file or folder at fault.
  public var location: String? {
    switch self {
    case .shardOutOfRange: nil
    case .noRouter(let file), .malformedTrace(let file, _, _, _),
      .malformedTraceMetadata(let file, _, _, _), .overlappingShards(let file, _, _),
      .nonFiniteLogit(let file, _, _, _, _):
      file
    }
  }

  /// How to fix it.
  public var hints: [String] {
    switch self {
    case .noRouter: ["merge experts first with `routemark merge`"]
    case .malformedTrace, .malformedTraceMetadata:
      ["see Guides/Traces.md for what a trace holds, or capture it again"]
    case .overlappingShards: ["name every shard once"]
    case .shardOutOfRange: ["use --shard 0/2 and --shard 1/2 for two shards"]
    case .nonFiniteLogit: ["check the model's weights with `routemark inspect`"]
    }
  }
}
