import Files
import Foundation
import Testing

/// Two outputs that belong together.
@Suite struct OutputSetTests {
  private let place: TemporaryFolder
  private let paths: [String]

  init() throws {
    place = try TemporaryFolder()
    paths = [place.path + "/case.json", place.path + "/report.html"]
  }

  private func text(_ index: Int) throws -> String {
    String(decoding: try contents(of: paths[index]), as: UTF8.self)
  }

  private func fill(_ set: OutputSet) throws {
    for path in paths { try set.write("new".utf8, to: path) }
  }

  @Test func bothAppearTogether() throws {
    let set = try OutputSet(paths: paths, replacing: false)
    try fill(set)
    #expect(FileKind(at: paths[0]) == nil && FileKind(at: paths[1]) == nil)
    try set.commit()
    #expect(try place.names == ["case.json", "report.html"])
    #expect(try text(0) == "new" && text(1) == "new")
  }

  @Test func oneThatExistsRefusesBothBeforeAnythingIsWritten() throws {
    _ = try place.write("old", "report.html")
    #expect(throws: FileError.exists(path: paths[1])) {
      try OutputSet(paths: paths, replacing: false)
    }
    #expect(try place.names == ["report.html"])
  }

  @Test func oneThatIsTakenMeanwhileRefusesBoth() throws {
    do {
      let set = try OutputSet(paths: paths, replacing: false)
      try fill(set)
      _ = try place.write("other", "report.html")
      #expect(throws: FileError.exists(path: paths[1])) { try set.commit() }
    }
    #expect(try place.names == ["report.html"])
    #expect(try text(1) == "other")
  }

  @Test func bothAreReplacedAndNothingElseIsLeft() throws {
    _ = try place.write("old", "case.json")
    _ = try place.write("old", "report.html")
    let set = try OutputSet(paths: paths, replacing: true)
    try fill(set)
    try set.commit()
    #expect(try place.names == ["case.json", "report.html"])
    #expect(try text(0) == "new" && text(1) == "new")
  }

  @Test func whenTheSecondCannotBeReplacedTheFirstStays() throws {
    _ = try place.write("old", "case.json")
    do {
      let set = try OutputSet(paths: paths, replacing: true)
      try fill(set)
      try #require(mkfifo(paths[1], 0o600) == 0)
      #expect(throws: FileError.notReplaceable(path: paths[1], actual: .pipe)) { try set.commit() }
    }
    #expect(try text(0) == "old")
    #expect(try place.names == ["case.json", "report.html"])
  }

  @Test func oneNameForBothIsRefused() throws {
    for other in [paths[0], place.path + "/./case.json"] {
      #expect(throws: FileError.oneNameTwice(path: other, other: paths[0])) {
        try OutputSet(paths: [paths[0], other], replacing: true)
      }
    }
  }
}
