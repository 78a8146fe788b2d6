import Diagnostics

/// What can be wrong with a key, a subset, losses, a commitment, an opening or a case of exact tests.
public enum OwnerFileError: DiagnosableError, Equatable {
  /// The file is of another schema.
  case wrongSchema(file: String, expected: String, actual: String)
  /// The file has keys that its schema does not have.
  case unknownKeys(file: String, keys: [String])
  /// A value contradicts the rest of the file.
  case contradiction(file: String, key: String, expected: String, actual: String)
  /// An entry of a file of losses cannot be read.
  case malformedLoss(file: String, entry: Int, expected: String, actual: String)
  /// An entry is about an item that the pool does not have.
  case unknownItem(file: String, entry: Int, item: String)
  /// Two entries are about one item.
  case itemTwice(file: String, entry: Int, item: String)
  /// Items of the pool have no entry.
  case missingItems(file: String, count: Int, first: String)

  /// The stable identifier.
  public var code: String {
    switch self {
    case .wrongSchema: "owner-file.wrong-schema"
    case .unknownKeys: "owner-file.unknown-keys"
    case .contradiction: "owner-file.contradiction"
    case .malformedLoss: "owner-file.malformed-loss"
    case .unknownItem: "owner-file.unknown-item"
    case .itemTwice: "owner-file.item-twice"
    case .missingItems: "owner-file.missing-items"
    }
  }

  /// What is wrong, with the values.
  public var what: String {
    switch self {
    case .wrongSchema(_, let expected, let actual):
      "expected the schema `\(expected)`, found `\(actual)`"
    case .unknownKeys(_, let keys):
      "the file has keys that its schema does not have: "
        + keys.prefix(8).map { "`\($0)`" }.joined(separator: ", ")
    case .contradiction(_, _, let expected, let actual): "expected \(expected), found \(actual)"
    case .malformedLoss(_, _, let expected, let actual): "expected \(expected), found \(actual)"
    case .unknownItem(_, _, let item): "the pool has no item `\(item)`"
    case .itemTwice(_, _, let item): "item `\(item)` has two entries"
    case .missingItems(_, let count, let first):
      "\(count) items of the pool have no entry, the first is `\(first)`"
    }
  }

  /// The file, and the key or the entry in it.
  public var location: String? {
    switch self {
    case .wrongSchema(let file, _, _), .unknownKeys(let file, _), .missingItems(let file, _, _):
      file
    case .contradiction(let file, let key, _, _): "\(file), key `\(key)`"
    case .malformedLoss(let file, let entry, _, _), .unknownItem(let file, let entry, _),
      .itemTwice(let file, let entry, _):
      "\(file), entry \(entry)"
    }
  }

  /// How to fix it.
  public var hints: [String] {
    switch self {
    case .wrongSchema: ["`inspect` says what a file is"]
    case .unknownKeys: ["remove them, or use the version that wrote them"]
    case .contradiction: ["use the file as it was written; an edited one does not add up"]
    case .malformedLoss:
      ["compare the entry with the section on losses of the formats' description"]
    case .unknownItem: ["name items by their digests, or by their places in the pool from 0"]
    case .itemTwice: ["keep one entry for each item"]
    case .missingItems: ["give a loss for every item of the pool, used or not"]
    }
  }
}
