import Diagnostics
import Documents
import ExactTests
import Files
import Foundation

/// What computing a case of exact tests again finds.
public struct OwnerCaseVerification: Encodable, Sendable {
  /// A value that does not follow from the rest.
  public struct Item: Encodable, Sendable {
    /// Where it stands.
    public let path: String
    /// What stands there.
    public let stored: String
    /// What follows from the rest.
    public let recomputed: String
  }

  /// The schemas that are verified.
  public static let schemas = [SubsetCase.schema, MarkCase.schema]

  /// The schema of this report.
  public let schema = "routemark.owner-verification/1"
  /// The file.
  public let file: String
  /// SHA-256 of the file.
  public let digest: Digest
  /// Whether every number follows from what the case holds.
  public let verified: Bool
  /// Each verdict in words.
  public let verdicts: [String]
  /// Values that do not follow.
  public let discrepancies: [Item]
  /// What the case's author states and nobody can see in it.
  public let notChecked: [String]

  private enum CodingKeys: String, CodingKey {
    case schema, file, digest, verified, verdicts, discrepancies
    case notChecked = "not_checked"
  }

  /// The schema that a file states, if it is one of these.
  ///
  /// - Throws: `DocumentError`, `FileError`.
  public static func schema(of path: String) throws -> String? {
    struct Header: Decodable { var schema: String? }
    let found = try StrictJSON.decode(Header.self, contentsOf: path).schema
    return found.flatMap { schemas.contains($0) ? $0 : nil }
  }

  /// Reads a case and computes it again; values that contradict each other are discrepancies.
  ///
  /// - Throws: ``OwnerFileError`` for a file of another kind, `DocumentError`, `FileError`.
  public init(of path: String) throws {
    let file = try MappedFile(path: path)
    let bytes = file.withBytes(0..<file.count) { Array($0) }
    self.file = path
    digest = .sha256(of: bytes)
    do {
      let (stored, recomputed, words, stated) = try Self.documents(bytes, path)
      discrepancies =
        try Self.differences(stored, recomputed) + Self.otherRule(stored)
      verdicts = words
      notChecked = stated
    } catch let error as any DiagnosableError {
      if case OwnerFileError.wrongSchema = error { throw error }
      if error is DocumentError { throw error }
      discrepancies = [
        Item(path: error.location ?? "case", stored: error.what, recomputed: "not computed")
      ]
      verdicts = []
      notChecked = []
    }
    verified = discrepancies.isEmpty
  }

  private static func documents(
    _ bytes: [UInt8], _ path: String
  ) throws -> (stored: JSONValue, recomputed: JSONValue, words: [String], stated: [String]) {
    if try StrictJSON.decode(JSONValue.self, from: bytes, file: path).schemaName == MarkCase.schema
    {
      let value = try MarkCase.read(bytes, file: path)
      return (
        try JSONValue(encoding: value), try JSONValue(encoding: value.recomputed()),
        value.verdicts.map { verdict in
          "\(verdict.expert)\(verdict.victim.map { ", \($0)" } ?? ""): \(verdict.words)"
        },
        [
          "that the sums are those of \(Self.list(value.experts.map(\.model))) with the reference "
            + "\(value.reference) and the key \(value.key)",
          "which weights were compared (\(value.scope)), and what was found about each suspect on the way: "
            + "zeros, grid, order of units, share of the task vector",
          "tool version, command line, the names of the models, and suspects that were not examined",
        ]
      )
    }
    let value = try SubsetCase.read(bytes, file: path)
    return (
      try JSONValue(encoding: value), try JSONValue(encoding: value.recomputed()),
      value.verdicts.map { "\($0.expert): \($0.words)" },
      [
        "that the losses are those of \(Self.list(value.suspects.map(\.answers.digest)))",
        "that the subset \(value.subsetFile) was drawn before the suspects were made; a commitment shows it",
        "where the pool lies, the heads, tool version, command line and the names of the models",
      ]
    )
  }

  /// A rule that is not this program's: whoever could choose the level could choose the verdict.
  private static func otherRule(_ stored: JSONValue) throws -> [Item] {
    guard case .object(let keys) = stored, let rule = keys["rule"] else { return [] }
    return try differences(
      .object(["rule": rule]), .object(["rule": JSONValue(encoding: ExactVerdictRule())]))
  }

  private static func list(_ digests: [Digest]) -> String {
    var seen: Set<Digest> = []
    return digests.filter { seen.insert($0).inserted }.map(\.description).joined(separator: ", ")
  }

  private static func differences(_ stored: JSONValue, _ recomputed: JSONValue) throws -> [Item] {
    var items: [Item] = []
    func text(_ value: JSONValue?) throws -> String {
      guard let value else { return "nothing" }
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return String(String(decoding: try encoder.encode(value), as: UTF8.self).prefix(80))
    }
    func walk(_ first: JSONValue?, _ second: JSONValue?, _ path: String) throws {
      guard first != second else { return }
      switch (first, second) {
      case (.object(let a)?, .object(let b)?):
        for key in Set(a.keys).union(b.keys).sorted() {
          try walk(a[key], b[key], path.isEmpty ? key : "\(path).\(key)")
        }
      case (.array(let a)?, .array(let b)?) where a.count == b.count:
        for index in a.indices { try walk(a[index], b[index], "\(path)[\(index)]") }
      default:
        items.append(Item(path: path, stored: try text(first), recomputed: try text(second)))
      }
    }
    try walk(stored, recomputed, "")
    return items
  }
}

extension JSONValue {
  fileprivate var schemaName: String? {
    guard case .object(let keys) = self, case .string(let name) = keys["schema"] else { return nil }
    return name
  }
}
