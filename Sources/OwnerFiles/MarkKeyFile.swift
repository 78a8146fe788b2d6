import Diagnostics
import ExactTests
import KeyedRandomness

/// `key.json`: the secret key of marks, one for all licensees.
public struct MarkKeyFile: OwnerDocument {
  /// The schema.
  public static let schema = "routemark.mark-key/1"

  /// The schema of the file.
  public let schema: String
  /// Who made it.
  public let tool: String
  /// What patterns consist of.
  public let kind: KeyedMark.Kind
  /// The key.
  public let key: SecretKey

  /// A file for a fresh key, or for one that is known.
  public init(kind: KeyedMark.Kind = .gaussian, key: SecretKey = SecretKey(), tool: String) {
    schema = Self.schema
    self.tool = tool
    self.kind = kind
    self.key = key
  }

  /// Nothing more can contradict.
  public func validate(file: String) throws {}
}
