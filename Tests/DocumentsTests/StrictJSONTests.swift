import Documents
import Files
import Foundation
import Testing

@Suite struct StrictJSONTests {
  private struct Layer: Decodable, Equatable {
    let name: String
    let size: Int
  }

  private struct Model: Decodable, Equatable {
    let layers: [Layer]
  }

  private func decode(_ text: String) throws -> Model {
    try StrictJSON.decode(Model.self, from: Array(text.utf8), file: "m.json")
  }

  private func expect(
    _ text: String, fails error: DocumentError,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(throws: error, sourceLocation: sourceLocation) { try decode(text) }
  }

  @Test func validTextIsDecoded() throws {
    let model = try decode(
      #" {"layers":[{"name":"\u0061\ud83d\ude00\n","size":3}], "x":[-1.5e3]} "#)
    #expect(model == Model(layers: [Layer(name: "a\u{1F600}\n", size: 3)]))
  }

  @Test func typeErrorsNameTheKeyPath() {
    expect(
      #"{"layers":[{"name":"a","size":3},{"name":"b","size":"x"}]}"#,
      fails: .unexpectedValue(
        file: "m.json", keyPath: "layers[1].size", expected: "an integer", actual: "a string"))
    expect(
      #"{"layers":{"name":"a","size":3}}"#,
      fails: .unexpectedValue(
        file: "m.json", keyPath: "layers", expected: "an array", actual: "a dictionary"))
  }

  @Test func missingKeysNameTheKeyPath() {
    expect(
      #"{"layers":[{"name":"a"}]}"#, fails: .missingKey(file: "m.json", keyPath: "layers[0].size"))
  }

  @Test func nullsNameTheKeyPath() {
    expect(
      #"{"layers":[{"name":null,"size":3}]}"#,
      fails: .unexpectedValue(
        file: "m.json", keyPath: "layers[0].name", expected: "a string", actual: "null"))
  }

  @Test func keysMayNotRepeat() {
    expect(
      #"{"layers":[{"name":"a","size":3,"size":4}]}"#,
      fails: .duplicateKey(file: "m.json", keyPath: "layers[0].size"))
    expect(
      #"{"layers":[],"x":{"y":[{},{"z":1,"\u007a":2}]}}"#,
      fails: .duplicateKey(file: "m.json", keyPath: "x.y[1].z"))
  }

  @Test func nestingIsBounded() throws {
    func text(_ depth: Int) -> String {
      #"{"layers":[],"x":"# + String(repeating: "[", count: depth)
        + String(repeating: "]", count: depth) + "}"
    }
    #expect(try decode(text(64)) == Model(layers: []))
    // The innermost array may be empty: it has no 65th level.
    let deep = text(64).replacing("[]]", with: "[0]]")
    expect(deep, fails: .nestedTooDeeply(file: "m.json", offset: 81, limit: 64))
    #expect(throws: DocumentError.self) { try decode(text(1_000_000)) }
  }

  @Test(arguments: [
    ("", "a value", "the end of the text", 0),
    ("{", "a key in double quotes", "the end of the text", 1),
    (#"{"a":1,}"#, "a key in double quotes", "`}`", 7), ("[1 2]", "`,` or `]`", "`2`", 3),
    ("[1,]", "a value", "`]`", 3), ("[01]", "no digit after a leading zero", "`1`", 2),
    ("[1.]", "a digit", "`]`", 3), ("[-]", "a digit", "`]`", 2), ("[1e]", "a digit", "`]`", 3),
    ("[.5]", "a value", "`.`", 1), ("[+1]", "a value", "`+`", 1), ("[NaN]", "a value", "`N`", 1),
    ("[trux]", "`true`", "`x`", 4), (#"["a"#, "`\"`", "the end of the text", 3),
    (#"["\"#, "`\"`", "the end of the text", 3),
    ("[\"\u{1}\"]", "a character, control characters must be escaped", "byte 1", 2),
    (#"["\x"]"#, "an escape sequence", #"`\x`"#, 2),
    (#"["\ud800"]"#, "an escape sequence", #"`\ud800`"#, 2),
    (#"["\ud800\u0041"]"#, "an escape sequence", #"`\ud800`"#, 2),
    (#"["\u00g0"]"#, "an escape sequence", #"`\u00g0`"#, 2),
    (#"{"a" 1}"#, "`:`", "`1`", 5), ("{} {}", "the end of the text", "`{`", 3),
    ("'a'", "a value", "`'`", 0), ("[1] // c", "the end of the text", "`/`", 4),
  ])
  func grammarIsStrict(text: String, expected: String, actual: String, offset: Int) {
    expect(
      text,
      fails: .invalidJSON(file: "m.json", offset: offset, expected: expected, actual: actual))
  }

  @Test func textMustBeUTF8() {
    let bytes: [UInt8] = Array(#"{"layers":[]"#.utf8) + [0xE2, 0x82]
    #expect(throws: DocumentError.notUTF8(file: "m.json", offset: 12)) {
      try StrictJSON.decode(Model.self, from: bytes, file: "m.json")
    }
    // UTF-16 is what Foundation would have guessed.
    #expect(throws: DocumentError.notUTF8(file: "m.json", offset: 0)) {
      try StrictJSON.decode(Model.self, from: [0xFE, 0xFF, 0, 0x7B, 0, 0x7D], file: "m.json")
    }
  }

  @Test func typedErrorsOfATypePassThrough() {
    struct Picky: Decodable {
      init(from decoder: any Decoder) throws {
        throw DocumentError.notUTF8(file: "here", offset: 3)
      }
    }
    #expect(throws: DocumentError.notUTF8(file: "here", offset: 3)) {
      try StrictJSON.decode(Picky.self, from: Array("{}".utf8), file: "m.json")
    }
  }

  @Test func aFileIsNamedByItsPath() throws {
    let path = NSTemporaryDirectory() + "routemark-documents-\(UUID().uuidString).json"
    try Data("{}".utf8).write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    #expect(throws: DocumentError.missingKey(file: path, keyPath: "layers")) {
      try StrictJSON.decode(Model.self, contentsOf: path)
    }
  }
}
