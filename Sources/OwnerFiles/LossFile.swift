import Diagnostics
import Documents
import Files
import Foundation

/// Losses of a suspect on a pool as somebody else's program or service gave them: a JSON file of schema
/// `routemark.losses/1`, or JSON Lines.
///
/// An entry has `item`, a digest or a place in the pool from 0, and one of:
/// - `loss`, a number;
/// - `probabilities`, a number for each class: the loss is minus the logarithm of the label's;
/// - `logprobs`, log-probabilities of tokens: an array, or an object with `token_logprobs` (completions with `echo`) or with
///   `content`, a list of objects with `logprob` (chat): the loss is minus their mean, `null` being left out;
/// - `choices`, the first of which has `logprobs`: an answer of such a service as it came, with whatever keys it has.
public enum LossFile {
  /// The schema of the JSON form.
  public static let schema = "routemark.losses/1"
  /// Probabilities below this count as this: a service rounds them to 0.
  static let leastProbability = 1e-12

  /// Whether a path names such a file.
  public static func isNamed(by path: String) -> Bool {
    path.hasSuffix(".jsonl") || (path.hasSuffix(".json") && FileKind(at: path) == .regularFile)
  }

  /// Reads a loss for every item of a pool, in the pool's order.
  ///
  /// - Throws: ``OwnerFileError``, `DocumentError`, `FileError`.
  public static func losses(at path: String, of pool: [SubsetSecret.Item]) throws -> [Double] {
    let entries = try entries(at: path)
    let places = Dictionary(
      pool.enumerated().map { ("\($0.element.item)", $0.offset) }
    ) { first, _ in first }
    var losses = [Double?](repeating: nil, count: pool.count)
    for (index, value) in entries.enumerated() {
      guard case .object(let entry) = value else {
        throw malformed(path, index, "an object", "another value")
      }
      let place = try place(of: entry["item"], places, pool.count, path, index)
      guard losses[place] == nil else {
        throw OwnerFileError.itemTwice(file: path, entry: index, item: "\(pool[place].item)")
      }
      losses[place] = try loss(entry, label: pool[place].label, path, index)
    }
    let known = losses.compactMap(\.self)
    guard known.count == pool.count else {
      let first = losses.firstIndex { $0 == nil } ?? 0
      throw OwnerFileError.missingItems(
        file: path, count: pool.count - known.count, first: "\(pool[first].item)")
    }
    return known
  }

  private static func entries(at path: String) throws -> [JSONValue] {
    if path.hasSuffix(".jsonl") {
      let file = try MappedFile(path: path)
      return try file.withBytes(0..<file.count) { bytes in
        try bytes.split(separator: UInt8(ascii: "\n")).enumerated().compactMap { index, line in
          guard line.contains(where: { $0 > UInt8(ascii: " ") }) else { return nil }
          return try StrictJSON.decode(
            JSONValue.self, from: Array(line), file: "\(path), line \(index + 1)")
        }
      }
    }
    guard case .object(let keys) = try StrictJSON.decode(JSONValue.self, contentsOf: path),
      case .string(let found) = keys["schema"], found == schema
    else {
      throw OwnerFileError.wrongSchema(file: path, expected: schema, actual: "another, or none")
    }
    let unknown = Set(keys.keys).subtracting(["schema", "losses"]).sorted()
    guard unknown.isEmpty else { throw OwnerFileError.unknownKeys(file: path, keys: unknown) }
    guard case .array(let entries) = keys["losses"] else {
      throw OwnerFileError.contradiction(
        file: path, key: "losses", expected: "a list", actual: "another value")
    }
    return entries
  }

  private static func place(
    of item: JSONValue?, _ places: [String: Int], _ count: Int, _ path: String, _ index: Int
  ) throws(OwnerFileError) -> Int {
    switch item {
    case .integer(let place):
      guard (0..<count).contains(place) else {
        throw .unknownItem(file: path, entry: index, item: "\(place)")
      }
      return place
    case .string(let text):
      guard let digest = Digest(text), let place = places["\(digest)"] else {
        throw .unknownItem(file: path, entry: index, item: String(text.prefix(80)))
      }
      return place
    default: throw malformed(path, index, "`item`, a digest or a place in the pool", "none")
    }
  }

  private static func loss(
    _ entry: [String: JSONValue], label: Int?, _ path: String, _ index: Int
  ) throws(OwnerFileError) -> Double {
    let forms = ["loss", "probabilities", "logprobs", "choices"].filter { entry[$0] != nil }
    guard forms.count == 1, let form = forms.first, let value = entry[form] else {
      throw malformed(
        path, index, "one of `loss`, `probabilities`, `logprobs`, `choices`",
        forms.isEmpty ? "none" : forms.joined(separator: " and "))
    }
    if form != "choices",
      let other = entry.keys.sorted().first(where: { $0 != form && $0 != "item" })
    {
      throw malformed(path, index, "`item` and `\(form)` alone", "`\(other.prefix(80))`")
    }
    switch form {
    case "loss":
      guard let loss = number(value) else {
        throw malformed(path, index, "a number", "another value")
      }
      return loss
    case "probabilities": return try ofProbabilities(value, label, path, index)
    case "logprobs": return try ofTokens(value, path, index)
    default:
      guard case .array(let choices) = value, case .object(let first) = choices.first,
        let tokens = first["logprobs"]
      else { throw malformed(path, index, "a choice with `logprobs`", "none") }
      return try ofTokens(tokens, path, index)
    }
  }

  private static func ofProbabilities(
    _ value: JSONValue, _ label: Int?, _ path: String, _ index: Int
  ) throws(OwnerFileError) -> Double {
    guard let label else {
      throw malformed(path, index, "a pool with labels for probabilities of classes", "none")
    }
    guard case .array(let values) = value, values.indices.contains(label),
      let probability = number(values[label]), probability >= 0, probability <= 1 + 1e-6
    else {
      throw malformed(path, index, "a probability for class \(label), from 0 to 1", "another value")
    }
    return -log(max(probability, leastProbability))
  }

  private static func ofTokens(
    _ value: JSONValue, _ path: String, _ index: Int
  ) throws(OwnerFileError) -> Double {
    var tokens: [JSONValue]?
    switch value {
    case .array(let values): tokens = values
    case .object(let keys):
      if case .array(let values) = keys["token_logprobs"] {
        tokens = values
      } else if case .array(let values) = keys["content"] {
        tokens = values.map { value in
          if case .object(let token) = value { return token["logprob"] ?? .boolean(false) }
          return .boolean(false)
        }
      }
    default: break
    }
    guard let tokens else {
      throw malformed(path, index, "log-probabilities of tokens", "another value")
    }
    var (sum, count) = (0.0, 0)
    for token in tokens where token != .null {
      guard let value = number(token), value <= 1e-6 else {
        throw malformed(path, index, "log-probabilities of at most 0, or null", "another value")
      }
      sum += value
      count += 1
    }
    guard count > 0 else { throw malformed(path, index, "at least one log-probability", "none") }
    return -sum / Double(count)
  }

  private static func number(_ value: JSONValue) -> Double? {
    switch value {
    case .integer(let value): Double(value)
    case .number(let value) where value.isFinite: value
    default: nil
    }
  }

  private static func malformed(
    _ path: String, _ index: Int, _ expected: String, _ actual: String
  ) -> OwnerFileError {
    .malformedLoss(file: path, entry: index, expected: expected, actual: actual)
  }
}
