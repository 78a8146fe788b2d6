import Checkpoints
import Files
import Foundation
import Testing

@Suite struct OutputFolderTests {
  private func fill(_ output: OutputFolder, _ text: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: output.path(of: "config.json")))
  }

  @Test func aFolderAppearsWhenItIsComplete() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/merged"
    let output = try OutputFolder(path: path + "/", replacing: false)
    try fill(output, "{}")
    #expect(!FileManager.default.fileExists(atPath: path))
    try output.commit()
    #expect(try folder.names == ["merged"])
    #expect(try contents(of: path + "/config.json") == Array("{}".utf8))
  }

  @Test func anUncommittedFolderLeavesNothing() throws {
    let folder = try TemporaryFolder()
    do { try fill(try OutputFolder(path: folder.path + "/merged", replacing: false), "{}") }
    #expect(try folder.names == [])
  }

  @Test func aFolderIsReplacedOnlyOnRequest() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/merged"
    let first = try OutputFolder(path: path, replacing: false)
    try fill(first, "1")
    try first.commit()
    #expect(throws: FileError.exists(path: path)) {
      try OutputFolder(path: path, replacing: false)
    }
    let second = try OutputFolder(path: path, replacing: true)
    try fill(second, "2")
    try second.commit()
    #expect(try folder.names == ["merged"])
    #expect(try contents(of: path + "/config.json") == [UInt8(ascii: "2")])
  }

  @Test func aFolderThatIsNoOutputIsNotReplaced() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/photos"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    #expect(throws: CheckpointError.notAnOutputFolder(path: path)) {
      try OutputFolder(path: path, replacing: true)
    }
    _ = try folder.write("text", "file")
    #expect(throws: CheckpointError.notAnOutputFolder(path: folder.path + "/file")) {
      try OutputFolder(path: folder.path + "/file", replacing: true)
    }
    #expect(try folder.names == ["file", "photos"])
  }

  @Test func aNameThatIsTakenMeanwhileIsNotReplaced() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/merged"
    do {
      let output = try OutputFolder(path: path, replacing: false)
      _ = try folder.write("text", "merged")
      #expect(throws: FileError.exists(path: path)) { try output.commit() }
    }
    #expect(try folder.names == ["merged"])
  }

  @Test func aMissingParentIsNamed() throws {
    let path = try TemporaryFolder().path + "/none/merged"
    #expect(throws: FileError.cannotWrite(path: path, reason: "No such file or directory")) {
      try OutputFolder(path: path, replacing: false)
    }
  }

  @Test func whatAKilledWriterHasLeftIsRemovedByTheNext() throws {
    let folder = try TemporaryFolder()
    // Nobody holds these: their writers have ended.
    _ = try folder.write("half", "merged.1x2y3z4a5b6c7.partial")
    let strangers = [
      "merged.old.partial", "merged.x.0123456789abc.partial", "other.0123456789abc.partial",
    ]
    for name in strangers + ["merged.0123456789abc.partial"] {
      try FileManager.default.createDirectory(
        atPath: folder.path + "/\(name)", withIntermediateDirectories: false)
    }
    let path = folder.path + "/merged"
    let running = try OutputFolder(path: path, replacing: true)
    #expect(try folder.names.count == 1 + strangers.count)
    // Another writer of the same output leaves one alone that is at work.
    let second = try OutputFolder(path: path, replacing: true)
    #expect(try folder.names.count == 2 + strangers.count)
    for output in [running, second] {
      try fill(output, "{}")
      try output.commit()
    }
    #expect(try folder.names == ["merged"] + strangers)
  }

  @Test func whatAKilledWriterOfAFileHasLeftIsRemovedByTheNext() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write("half", "case.json.1x2y3z4a5b6c7.partial")
    let path = folder.path + "/case.json"
    let running = try OutputFile(path: path, replacing: true)
    let second = try OutputFile(path: path, replacing: true)
    #expect(try folder.names.count == 2)
    for output in [running, second] { try output.commit() }
    #expect(try folder.names == ["case.json"])
  }
}
