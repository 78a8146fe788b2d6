import Checkpoints
import Diagnostics
import Documents
import Files
import OwnerFiles

/// What a JSON document of a schema without a summary of its own holds: plans, pools, studies, residuals.
public struct DocumentInspection: Encodable, Sendable {
  /// A key at the top, and its value in a few words.
  public struct Entry: Encodable, Sendable {
    /// The key.
    public let key: String
    /// The value, or how many entries it has.
    public let value: String
  }

  /// The schema of the JSON.
  public let schema = "routemark.document-inspection/1"
  /// Where it lies, as it was asked for.
  public let path: String
  /// The schema of the document.
  public let documentSchema: String
  /// The SHA-256 of the file.
  public let digest: Digest
  /// The keys at the top, sorted.
  public let entries: [Entry]

  init(path: String, schema: String) throws {
    self.path = path
    documentSchema = schema
    digest = try Digest.sha256(ofFile: path)
    let hidden = Self.hiddenKeys[schema] ?? []
    entries = try StrictJSON.decode([String: JSONValue].self, contentsOf: path)
      .sorted { $0.key < $1.key }.map {
        Entry(key: $0.key, value: hidden.contains($0.key) ? "secret" : Self.words($0.value))
      }
  }

  /// What is never shown of files that hold secrets.
  private static let hiddenKeys: [String: Set<String>] = [
    MarkKeyFile.schema: ["key"], SubsetSecret.schema: ["key", "items"],
    Opening.schema: ["secrets"], SubsetCase.schema: ["subset"],
  ]

  private static func words(_ value: JSONValue) -> String {
    switch value {
    case .null: "nothing"
    case .boolean(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .string(let value): String(value.prefix(80))
    case .array(let values): "\(values.count) entries"
    case .object(let values): "\(values.count) keys"
    }
  }
}
