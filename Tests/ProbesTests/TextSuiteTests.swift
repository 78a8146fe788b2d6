import Documents
import Files
import Foundation
import Probes
import Testing

@Suite struct TextSuiteTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func texts(_ source: TextSource) -> [String] {
    source.keys.indices.map { String(decoding: source.text(at: $0), as: UTF8.self) }
  }

  private func make(_ count: Int) throws -> TextSuite {
    try TextSuite.make(
      sources: [
        (name: "prose", path: "\(folder.path)/prose.txt", format: .paragraphs),
        (name: "code", path: "\(folder.path)/code.jsonl", format: .lines),
      ], count: count, selection: .first, in: folder.path)
  }

  private func write() throws {
    try folder.write(Array("one\ntwo\n\n \t\r\nthree\r\n\nfour".utf8), to: "prose.txt")
    try folder.write(
      Array("{\"text\": \"a\\nb\"}\n\n{\"id\": 3, \"text\": \"\\u00e9\"}\n".utf8), to: "code.jsonl")
  }

  @Test func paragraphsLiesBetweenBlankLinesAndLosesTheLastBreak() throws {
    try write()
    let path = "\(folder.path)/prose.txt"
    #expect(try TextSource.format(at: path) == .paragraphs)
    let source = try TextSource(path: path, format: .paragraphs)
    #expect(texts(source) == ["one\ntwo", "three", "four"])
    #expect(source.keys == ["0", "1", "2"])
  }

  @Test func linesAreTextsOfObjects() throws {
    try write()
    let path = "\(folder.path)/code.jsonl"
    #expect(try TextSource.format(at: path) == .lines)
    #expect(texts(try TextSource(path: path, format: .lines)) == ["a\nb", "é"])
  }

  @Test func aFolderHasAnItemPerTextFile() throws {
    for name in ["b.txt", "a.txt", "notes.md", ".hidden.txt"] {
      try folder.write(Array(name.utf8), to: "texts/\(name)")
    }
    let path = "\(folder.path)/texts"
    #expect(try TextSource.format(at: path) == .files)
    let source = try TextSource(path: path, format: .files)
    #expect(source.keys == ["a.txt", "b.txt"])
    #expect(texts(source) == ["a.txt", "b.txt"])
  }

  @Test func imagesAreNoTexts() throws {
    let png = try DecodeGolden.named("png-rgb-8")
    try folder.write(png, to: "set/cat/0.png")
    try folder.write([UInt8](repeating: 0, count: 1024), to: "empty.tar")
    #expect(try TextSource.format(at: "\(folder.path)/set") == nil)
    #expect(try TextSource.format(at: "\(folder.path)/empty.tar") == nil)
  }

  @Test func whatIsEmptyOrNoUnicodeIsRefused() throws {
    try folder.write(Array(" \n\t\n".utf8), to: "blank.txt")
    #expect(throws: ProbeSuiteError.noTexts(source: "\(folder.path)/blank.txt")) {
      try TextSource(path: "\(folder.path)/blank.txt", format: .paragraphs)
    }
    try folder.write([0x61, 0xFF, 0x0A], to: "latin.txt")
    #expect(throws: ProbeSuiteError.self) {
      try TextSource(path: "\(folder.path)/latin.txt", format: .paragraphs)
    }
    for line in [
      "{\"txt\": \"a\"}", "{\"text\": 3}", "{\"text\": \"a\", \"text\": \"b\"}", "[1]", "{",
    ] {
      try folder.write(Array(line.utf8), to: "bad.jsonl")
      #expect(throws: DocumentError.self) {
        try TextSource(path: "\(folder.path)/bad.jsonl", format: .lines)
      }
    }
    try folder.write(Array("{\"text\": \"\"}".utf8), to: "bad.jsonl")
    #expect(throws: ProbeSuiteError.self) {
      try TextSource(path: "\(folder.path)/bad.jsonl", format: .lines)
    }
  }

  /// The companion computes the same digests: python/tests/test_suite.py has these numbers, too.
  @Test func theDigestIsThatOfTheCompanion() throws {
    try write()
    let suite = try make(2)
    #expect(
      "\(suite.digest)"
        == "sha256:17c47348506559ab9f1688f43af4f4a2eac7b97817bbbd6f3936a8d735537cd1")
    #expect(suite.tasks[1].items.map(\.key) == ["0", "1"])
    let data = try JSONEncoder().encode(suite)
    #expect(try StrictJSON.decode(TextSuite.self, from: Array(data), file: "suite") == suite)
  }

  @Test func oneChangedByteIsFoundAndNamed() throws {
    try write()
    let suite = try make(2)
    try suite.verify(in: folder.path)
    try folder.write(Array("one\ntwo\n\nthrea\n\nfour".utf8), to: "prose.txt")
    #expect(
      throws: ProbeSuiteError.textChanged(
        task: "prose", source: "\(folder.path)/prose.txt", key: "1")
    ) { try suite.verify(in: folder.path) }
  }

  @Test func anEditedManifestIsRefused() throws {
    try write()
    let text = String(decoding: try JSONEncoder().encode(try make(2)), as: UTF8.self)
    for (old, new) in [
      ("\"count\":2", "\"count\":1"), ("\"name\":\"code\"", "\"name\":\"cope\""),
      ("\"kind\":\"text\"", "\"kind\":\"image\""), ("\"key\":\"1\"", "\"key\":\"0\""),
    ] {
      #expect(text.contains(old))
      let edited = text.replacingOccurrences(of: old, with: new)
      #expect(throws: DocumentError.self) {
        try StrictJSON.decode(TextSuite.self, from: Array(edited.utf8), file: "suite")
      }
    }
  }

  @Test func imagesDoNotOpenASuiteOfTexts() throws {
    try write()
    try folder.write(Array(try JSONEncoder().encode(try make(2))), to: "suite.json")
    #expect(throws: ProbeSuiteError.textSuite(path: "\(folder.path)/suite.json")) {
      try OpenSuite(contentsOf: "\(folder.path)/suite.json")
    }
  }
}
