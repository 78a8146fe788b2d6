import Tensors

/// The rule by which images are chosen from a source.
public enum ProbeSelection: Sendable, Hashable {
  /// The first rows in the source's order.
  case first
  /// Rows drawn without replacement, kept in the source's order.
  case sample(seed: UInt64)

  /// The rows chosen from a source of `available` rows, in ascending order.
  ///
  /// - Precondition: `count` is at most `available`.
  func rows(count: Int, of available: Int) -> [Int] {
    precondition(count <= available, "a suite asks for rows that there are")
    switch self {
    case .first: return Array(0..<count)
    case .sample(let seed):
      // Fisher and Yates' shuffle, stopped after the first `count` places.
      var generator = SeededGenerator(seed: seed)
      var rows = Array(0..<available)
      for place in 0..<count {
        rows.swapAt(place, place + generator.index(below: available - place))
      }
      return rows[..<count].sorted()
    }
  }
}

extension ProbeSelection: Codable {
  enum CodingKeys: String, CodingKey { case rule, seed }

  /// Reads `{"rule": "first"}` or `{"rule": "sample", "seed": 7}`.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let rule = try container.decode(String.self, forKey: .rule)
    switch rule {
    case "first": self = .first
    case "sample": self = .sample(seed: try container.decode(UInt64.self, forKey: .seed))
    default:
      throw DecodingError.dataCorruptedError(
        forKey: .rule, in: container,
        debugDescription: "the rule is `\(rule)`, expected `first` or `sample`")
    }
  }

  /// Writes the rule, and the seed where there is one.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .first: try container.encode("first", forKey: .rule)
    case .sample(let seed):
      try container.encode("sample", forKey: .rule)
      try container.encode(seed, forKey: .seed)
    }
  }
}
