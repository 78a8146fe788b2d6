import Documents
import Files
import Foundation

/// CLIP's tokenizer: byte pair encoding of lower-case text.
///
/// Text is composed (NFC), white space becomes single spaces, letters lower case. Words are runs of
/// letters, single digits, runs of other signs, and English contractions such as `'s`. The bytes of a
/// word are written as the signs of GPT-2's table, the last with `</w>`, and joined pair by pair in the
/// order of the merges.
public struct BytePairTokenizer: Sendable {
  private let ids: [String: Int]
  private let ranks: [Pair: Int]
  private let start: Int
  private let end: Int

  private struct Pair: Hashable, Sendable {
    let left: String
    let right: String
  }

  private static let startToken = "<|startoftext|>"
  private static let endToken = "<|endoftext|>"

  /// Reads `vocab.json` and `merges.txt`, or `tokenizer.json`, of a model's folder.
  ///
  /// - Throws: ``HeadsError/unsupported(file:what:)`` for another kind of tokenizer,
  ///   ``HeadsError/malformed(file:key:expected:actual:)``, `DocumentError`, `FileError`.
  public init(folder: String) throws {
    func place(_ name: String) -> String { (folder as NSString).appendingPathComponent(name) }
    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: place(name)) }
    let vocabulary: [String: Int]
    let merges: [Pair]
    let file: String
    if exists("vocab.json"), exists("merges.txt") {
      file = place("vocab.json")
      vocabulary = try StrictJSON.decode([String: Int].self, contentsOf: file)
      merges = try Self.merges(place("merges.txt"))
    } else if exists("tokenizer.json") {
      file = place("tokenizer.json")
      let whole = try StrictJSON.decode(TokenizerFile.self, contentsOf: file)
      guard whole.model.type == nil || whole.model.type == "BPE" else {
        throw HeadsError.unsupported(
          file: file, what: "a tokenizer of type `\(whole.model.type ?? "")`")
      }
      guard let stated = whole.model.vocab, let list = whole.model.merges else {
        throw HeadsError.malformed(
          file: file, key: "model", expected: "`vocab` and `merges`", actual: "without them")
      }
      vocabulary = stated
      merges = try list.map { try Self.pair($0.text, file) }
    } else if exists("spiece.model") || exists("sentencepiece.bpe.model") {
      throw HeadsError.unsupported(file: folder, what: "a SentencePiece tokenizer")
    } else {
      file = place("vocab.json")
      _ = try MappedFile(path: file)
      throw HeadsError.malformed(
        file: place("merges.txt"), key: "merges", expected: "a file", actual: "missing")
    }
    guard let start = vocabulary[Self.startToken], let end = vocabulary[Self.endToken] else {
      throw HeadsError.unsupported(file: file, what: "a vocabulary without CLIP's end tokens")
    }
    ids = vocabulary
    ranks = Dictionary(zip(merges, merges.indices), uniquingKeysWith: { first, _ in first })
    (self.start, self.end) = (start, end)
  }

  private struct TokenizerFile: Decodable {
    struct Model: Decodable {
      let type: String?
      let vocab: [String: Int]?
      let merges: [Merge]?
    }
    /// `"a b"`, or `["a", "b"]` as newer files have it.
    struct Merge: Decodable {
      let text: String
      init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
          self.text = text
        } else {
          text = try container.decode([String].self).joined(separator: " ")
        }
      }
    }
    let model: Model
  }

  private static func merges(_ path: String) throws -> [Pair] {
    let file = try MappedFile(path: path)
    let text = file.withBytes(0..<file.count) { String(decoding: $0, as: UTF8.self) }
    return try text.split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("#version") }
      .map { try pair(String($0), path) }
  }

  private static func pair(_ line: String, _ file: String) throws(HeadsError) -> Pair {
    let parts = line.split(separator: " ")
    guard parts.count == 2 else {
      throw .malformed(
        file: file, key: "merges", expected: "two signs per merge", actual: "`\(line)`")
    }
    return Pair(left: String(parts[0]), right: String(parts[1]))
  }

  /// The tokens of a text, with those of beginning and end.
  public func tokens(_ text: String) -> [Int] {
    [start] + words(text).flatMap(joined).map { ids[$0] ?? end } + [end]
  }

  private func words(_ text: String) -> [String] {
    let scalars = Array(
      text.precomposedStringWithCanonicalMapping.lowercased().unicodeScalars)
    var words: [String] = []
    var place = 0
    func slice(_ range: Range<Int>) -> String {
      String(String.UnicodeScalarView(scalars[range]))
    }
    while place < scalars.count {
      let kind = Kind(scalars[place])
      if kind == .space {
        place += 1
        continue
      }
      var end = place + 1
      if let length = contraction(scalars[place...]) {
        end = place + length
      } else if kind != .number {
        while end < scalars.count, Kind(scalars[end]) == kind { end += 1 }
      }
      words.append(slice(place..<end))
      place = end
    }
    return words
  }

  private enum Kind {
    case space, letter, number, other

    init(_ scalar: Unicode.Scalar) {
      switch scalar.properties.generalCategory {
      case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
        self = .letter
      case .decimalNumber, .letterNumber, .otherNumber: self = .number
      default: self = scalar.properties.isWhitespace ? .space : .other
      }
    }
  }

  private func contraction(_ scalars: ArraySlice<Unicode.Scalar>) -> Int? {
    for ending in ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"]
    where scalars.starts(with: ending.unicodeScalars) { return ending.unicodeScalars.count }
    return nil
  }

  /// The parts of a word that remain when no merge applies any more.
  private func joined(_ word: String) -> [String] {
    var parts = word.utf8.map { Self.signs[Int($0)] }
    parts[parts.count - 1] += "</w>"
    while parts.count > 1 {
      var best: (rank: Int, place: Int)?
      for place in 0..<parts.count - 1 {
        let pair = Pair(left: parts[place], right: parts[place + 1])
        if let rank = ranks[pair], best.map({ rank < $0.rank }) ?? true { best = (rank, place) }
      }
      guard let best else { break }
      let pair = Pair(left: parts[best.place], right: parts[best.place + 1])
      var next: [String] = []
      var place = 0
      while place < parts.count {
        if place + 1 < parts.count, parts[place] == pair.left, parts[place + 1] == pair.right {
          next.append(pair.left + pair.right)
          place += 2
        } else {
          next.append(parts[place])
          place += 1
        }
      }
      parts = next
    }
    return parts
  }

  /// GPT-2's sign of each byte: printable bytes stand for themselves, the others for signs from 256 on.
  private static let signs: [String] = {
    var other: UInt32 = 256
    return (0..<256).map { (byte: UInt32) in
      var code = byte
      if !((33...126).contains(byte) || (161...172).contains(byte) || (174...255).contains(byte)) {
        code = other
        other += 1
      }
      return Unicode.Scalar(code).map { String(Character($0)) } ?? ""
    }
  }()
}
