import Checkpoints
import Diagnostics
import Documents

/// What the output's `config.json` says about one operation, in the list under `tampering`.
public struct TamperingRecord: Sendable, Hashable, Codable {
  /// The key of the list.
  public static let key = "tampering"

  /// The operation's name.
  public var operation: String
  /// What it was told.
  public var parameters: [String: JSONValue]
  /// Its seed, if it used random numbers.
  public var seed: UInt64?
  /// The digest of the model it worked on, as `ModelFolder.digest()` computes it.
  public var inputDigest: Digest
  /// Name and version of what did it.
  public var tool: String

  enum CodingKeys: String, CodingKey {
    case operation, parameters, seed, tool
    case inputDigest = "input_sha256"
  }
}

/// What happened to one tensor.
public struct TensorChange: Sendable, Hashable, Codable {
  /// The kinds of change.
  public enum Kind: String, Sendable, Hashable, Codable {
    /// Every number is as before.
    case unchanged
    /// Some numbers differ.
    case changed
    /// The name is new.
    case added
    /// The name is gone.
    case removed
    /// The tensor has another shape.
    case reshaped
  }

  /// The tensor's name in the output, or in the input when it is gone.
  public var name: String
  /// What happened.
  public var kind: Kind
  /// How many numbers differ; all of them when it is new, gone or of another shape.
  public var changedCount: Int
  /// How many numbers it has now.
  public var elementCount: Int
}

/// What an operation changed, or would change.
public struct TamperingReport: Sendable, Hashable, Encodable {
  /// The record in the output's `config.json`.
  public let record: TamperingRecord
  /// The folder that was read.
  public let model: String
  /// The folder that was written; `nil` when nothing was.
  public let output: String?
  /// The mixture's experts before; `nil` for a plain tower.
  public let expertsBefore: [String]?
  /// The mixture's experts after.
  public let expertsAfter: [String]?
  /// Every tensor of the output, as the same model in full would have had it before, and those that
  /// are gone.
  public let changes: [TensorChange]
  /// What a reader of the result should know.
  public let notes: [String]

  /// Tensors that are not as before.
  public var changedTensors: [TensorChange] { changes.filter { $0.kind != .unchanged } }
  /// How many numbers are not as before.
  public var changedCount: Int { changes.reduce(0) { $0 + $1.changedCount } }
  /// How many numbers there are now.
  public var elementCount: Int { changes.reduce(0) { $0 + $1.elementCount } }
}
