import Attribution
import Foundation
import RoutingFingerprints
import Testing

/// A JSON document whose leaves can be replaced one by one.
indirect enum JSONTree: Codable, Equatable {
  case null
  case bool(Bool)
  case number(Double)
  case string(String)
  case array([JSONTree])
  case object([String: JSONTree])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([JSONTree].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: JSONTree].self))
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .bool(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .string(let value): try container.encode(value)
    case .array(let value): try container.encode(value)
    case .object(let value): try container.encode(value)
    }
  }

  /// Every document that differs from this one in one place: `change` gives the replacements of a
  /// node, `nil` among them removes it.
  func variants(
    _ path: String = "", _ change: (String, JSONTree) -> [JSONTree?]
  ) -> [(path: String, tree: JSONTree?)] {
    var result = change(path, self).map { (path: path, tree: $0) }
    switch self {
    case .array(let elements):
      for (index, element) in elements.enumerated() {
        for (place, variant) in element.variants("\(path)[\(index)]", change) {
          var copy = elements
          if let variant { copy[index] = variant } else { copy.remove(at: index) }
          result.append((place, .array(copy)))
        }
      }
    case .object(let members):
      for (key, member) in members {
        let place = path.isEmpty ? key : "\(path).\(key)"
        for (place, variant) in member.variants(place, change) {
          var copy = members
          copy[key] = variant
          result.append((place, .object(copy)))
        }
      }
    default: break
    }
    return result
  }
}

@Suite struct CaseTamperingTests {
  /// Texts that nothing else in the case depends on.
  static let freeTexts: Set<String> = [
    "provenance.toolVersion", "provenance.commandLine", "provenance.date",
    "provenance.victim.label", "provenance.suspect.label", "victim.toolVersion",
    "suspect.toolVersion",
  ]

  func tree(_ options: FingerprintOptions = FingerprintOptions()) throws -> JSONTree {
    let victim = try fingerprint(
      [
        [[4, 3], [0, 0.5], [0, -1]], [[0, 0], [4, 5], [1, 0]], [[0, 1], [0, 0], [3, 4]],
      ],
      experts: ["a", "b", "c"], options: options)
    let suspect = try fingerprint(
      [[[0, 1], [1, 0]], [[4, 2], [0, 0.25]], [[0.5, 0], [4, 5]]], tasks: ["t1", "t0", "t2"],
      counts: [4, 3, 5], model: 9, options: options)
    let data = try JSONEncoder().encode(makeCase(victim, suspect))
    return try JSONDecoder().decode(JSONTree.self, from: data)
  }

  /// Whether an edited case is refused when read, or found out when recomputed.
  func isFound(_ tree: JSONTree) throws -> Bool {
    let data = try JSONEncoder().encode(tree)
    guard let read = try? JSONDecoder().decode(AttributionCase.self, from: data) else {
      return true
    }
    return try !read.discrepancies().isEmpty
  }

  @Test("the untouched case has no discrepancy")
  func untouched() throws {
    #expect(try !isFound(tree()))
    #expect(try !isFound(tree(FingerprintOptions(rpfMode: .perLayer, jsdBase: .natural))))
  }

  @Test("every edited number is found", arguments: [1.0, -1, 1e-6, -1e-6])
  func editedNumbers(change: Double) throws {
    let variants = try tree().variants { _, node in
      guard case .number(let value) = node else { return [] }
      return [.number(value + change)]
    }
    #expect(variants.count > 140)
    for (path, variant) in variants {
      #expect(try isFound(try #require(variant)), "\(path)")
    }
  }

  @Test("every edited text and flag is found, but for free texts")
  func editedTexts() throws {
    let variants = try tree().variants { path, node in
      switch node {
      case .bool(let value): [.bool(!value)]
      case .string(let value) where !Self.freeTexts.contains(path): [.string(value + "x")]
      default: []
      }
    }
    #expect(variants.count > 40)
    for (path, variant) in variants {
      #expect(try isFound(try #require(variant)), "\(path)")
    }
  }

  @Test("other digests, signals and options are found")
  func editedOrigins() throws {
    let variants = try tree().variants { path, node in
      guard case .string = node else { return [] }
      switch path.split(separator: ".").last {
      case "modelDigest", "suiteDigest": return [.string("\(digest(7))")]
      case "signal": return [.string("weights")]
      case "rpfMode": return [.string("perLayer")]
      case "jsdBase": return [.string("natural")]
      default: return []
      }
    }
    #expect(variants.count == 14)
    for (path, variant) in variants {
      #expect(try isFound(try #require(variant)), "\(path)")
    }
  }

  @Test("every removed key and element is found, but for the date")
  func removedParts() throws {
    let variants = try tree().variants { path, _ in
      path.isEmpty || path == "provenance.date" ? [] : [JSONTree?.none]
    }
    #expect(variants.count > 200)
    for (path, variant) in variants {
      #expect(try isFound(try #require(variant)), "\(path)")
    }
  }

  @Test("a number that cannot be is refused or found, never a crash")
  func hostileNumbers() throws {
    let variants = try tree().variants { _, node in
      guard case .number = node else { return [] }
      return [.number(1e308), .number(-1e308), .number(9_007_199_254_740_992), .null, .array([])]
    }
    for (path, variant) in variants {
      #expect(try isFound(try #require(variant)), "\(path)")
    }
  }

  @Test("a discrepancy names the place and both values")
  func namesThePlace() throws {
    let variants = try tree().variants { path, node in
      guard path == "attributions[1].margin", case .number = node else { return [] }
      return [.number(0.5)]
    }
    let variant = try #require(variants.first?.tree)
    let read = try JSONDecoder().decode(
      AttributionCase.self, from: JSONEncoder().encode(variant))
    let found = try read.discrepancies()
    #expect(found.map(\.path) == ["attributions[1].margin"])
    #expect(found.map(\.stored) == ["0.5"])
  }

  @Test("another schema, wrong lengths and wild indices are typed errors")
  func typedErrors() throws {
    func error(at place: String, _ replacement: JSONTree?) throws -> AttributionError? {
      let variants = try tree().variants { path, _ in path == place ? [replacement] : [] }
      let data = try JSONEncoder().encode(try #require(variants.first?.tree))
      do {
        _ = try JSONDecoder().decode(AttributionCase.self, from: data)
        return nil
      } catch { return error as? AttributionError }
    }
    #expect(
      try error(at: "schema", .string("routemark.case/9"))
        == .unknownSchema(expected: "routemark.case/2", actual: "routemark.case/9"))
    #expect(
      try error(at: "attributions[1]", nil)
        == .wrongLength(key: "attributions", expected: 2, actual: 1))
    #expect(
      try error(at: "matrix.score[2][1]", nil)
        == .wrongLength(key: "matrix.score[2]", expected: 2, actual: 1))
    #expect(
      try error(at: "attributions[0].topOneIndex", .number(3))
        == .indexOutOfRange(key: "attributions[0].topOneIndex", actual: 3, count: 3))
    #expect(
      try error(at: "suspect.suiteDigest", .string("\(digest(7))"))
        == .suitesDiffer(victim: digest(2), suspect: digest(7)))
  }
}
