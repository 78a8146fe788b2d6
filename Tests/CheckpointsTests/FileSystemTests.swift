import Checkpoints
import Diagnostics
import Documents
import Files
import Foundation
import Testing

/// Links, `..` and what is no regular file.
@Suite struct FileSystemTests {
  private func link(_ path: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: target)
  }

  private func folder(_ path: String) throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  /// A socket that is bound to a name; the name stays when it is closed.
  private func socket(_ path: String) throws {
    #if canImport(Glibc)
      let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    #else
      let descriptor = Darwin.socket(AF_UNIX, SOCK_STREAM, 0)
    #endif
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let outcome = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try #require(outcome == 0)
  }

  // MARK: Reading

  @Test func whatIsNoRegularFileIsRefusedAtOnce() throws {
    let place = try TemporaryFolder()
    let pipe = place.path + "/p"
    let listener = "/tmp/rm-\(UInt32.random(in: 0...UInt32.max))"
    try #require(mkfifo(pipe, 0o600) == 0)
    try socket(listener)
    defer { unlink(listener) }
    for (path, kind) in [
      (pipe, FileKind.pipe), (listener, .socket), ("/dev/zero", .device), (place.path, .folder),
    ] {
      let error = FileError.notARegularFile(path: path, actual: kind)
      #expect(throws: error) { try MappedFile(path: path) }
      #expect(throws: error) { try Digest.sha256(ofFile: path) }
      #expect(throws: error) { try StrictJSON.decode(JSONValue.self, contentsOf: path) }
    }
    #expect(throws: FileError.self) { try MappedFile(path: "\(place.path)/a\0b") }
  }

  @Test func aFileThatIsWrittenToWhileItIsMappedIsNoticed() throws {
    let place = try TemporaryFolder()
    let path = try place.write("before", "file")
    let file = try MappedFile(path: path)
    #expect(!file.mayHaveChanged)
    let handle = try #require(FileHandle(forWritingAtPath: path))
    try handle.write(contentsOf: Data("behind".utf8))
    try handle.close()
    // Times of some file systems are coarse; the length tells as well.
    _ = utimes(path, [timeval(tv_sec: 7, tv_usec: 0), timeval(tv_sec: 7, tv_usec: 0)])
    #expect(file.mayHaveChanged)
    let renamed = try MappedFile(path: path)
    try FileManager.default.moveItem(atPath: try place.write("other", "new"), toPath: path + ".x")
    try #require(rename(path + ".x", path) == 0)
    #expect(!renamed.mayHaveChanged)
  }

  // MARK: Paths

  @Test func dotsBehindALinkLeadToTheParentOfWhatItNames() throws {
    let place = try TemporaryFolder()
    try folder(place.path + "/far/er")
    try folder(place.path + "/far/base")
    try link(place.path + "/out", to: "far/er")
    let real = RelativePath.canonical(place.path)
    #expect(RelativePath.canonical(place.path + "/out/../base") == real + "/far/base")
    #expect(RelativePath.canonical(place.path + "/out/../none/./x/..") == real + "/far/none")
    #expect(
      RelativePath.from(folder: place.path + "/m", to: place.path + "/out/../base")
        == "../far/base")
    #expect(RelativePath.from(folder: place.path, to: place.path + "/out") == "far/er")
    #expect(RelativePath.canonical("/") == "/" && RelativePath.canonical("/../x/..") == "/")
  }

  @Test func onePlaceUnderTwoNamesIsFound() throws {
    let place = try TemporaryFolder()
    try folder(place.path + "/a")
    try link(place.path + "/b", to: "a")
    let one = place.path + "/a/x"
    for other in ["/a/x", "/b/x", "/a/../a//x", "/b/./x"] {
      #expect(RelativePath.isSame(one, place.path + other), "\(other)")
    }
    #expect(!RelativePath.isSame(one, place.path + "/a/y"))
    _ = try place.write("", "a/x")
    try #require(Foundation.link(one, place.path + "/hard") == 0)
    try link(place.path + "/soft", to: "a/x")
    #expect(RelativePath.isSame(one, place.path + "/hard"))
    #expect(RelativePath.isSame(one, place.path + "/soft"))
  }

  // MARK: Writing

  @Test func whatIsNoRegularFileIsNeverReplaced() throws {
    let place = try TemporaryFolder()
    let pipe = place.path + "/p"
    try #require(mkfifo(pipe, 0o600) == 0)
    try folder(place.path + "/d")
    try link(place.path + "/to-pipe", to: "p")
    for (path, kind) in [
      (pipe, FileKind.pipe), (place.path + "/to-pipe", .pipe), (place.path + "/d", .folder),
      ("/dev/null", .device),
    ] {
      for replacing in [false, true] {
        let error = FileError.notReplaceable(path: path, actual: kind)
        #expect(throws: error) { try OutputFile(path: path, replacing: replacing) }
      }
    }
    #expect(throws: FileError.notReplaceable(path: pipe, actual: .pipe)) {
      try OutputFolder(path: pipe, replacing: true)
    }
    let late = try OutputFile(path: place.path + "/late", replacing: true)
    try #require(mkfifo(place.path + "/late", 0o600) == 0)
    #expect(throws: FileError.notReplaceable(path: place.path + "/late", actual: .pipe)) {
      try late.commit()
    }
    #expect(FileKind(ofLinkAt: pipe) == .pipe)
  }

  @Test func aLinkIsReplacedAndNotWhatItLeadsTo() throws {
    let place = try TemporaryFolder()
    let target = try place.write("mine", "target")
    try link(place.path + "/name", to: "target")
    try link(place.path + "/dangling", to: "nowhere")
    for name in ["name", "dangling"] {
      let path = "\(place.path)/\(name)"
      #expect(throws: FileError.exists(path: path)) { try OutputFile(path: path, replacing: false) }
      let output = try OutputFile(path: path, replacing: true)
      try output.write("new".utf8)
      try output.commit()
      #expect(FileKind(ofLinkAt: path) == .regularFile)
    }
    #expect(try contents(of: target) == Array("mine".utf8))
    #expect(FileKind(ofLinkAt: place.path + "/nowhere") == nil)
  }

  @Test func sideFilesAreCopiedThroughLinks() throws {
    let place = try TemporaryFolder()
    try folder(place.path + "/hub/blobs")
    try folder(place.path + "/hub/snapshots/rev")
    _ = try place.write("{}", "hub/blobs/abc")
    try link(place.path + "/hub/snapshots/rev/config.json", to: "../../blobs/abc")
    try link(place.path + "/hub/snapshots/rev/lost.json", to: "../../blobs/def")
    let source = place.path + "/hub/snapshots/rev"
    let output = try OutputFolder(path: place.path + "/m", replacing: false)
    try output.copy("config.json", from: source)
    try output.copy("not-there.json", from: source)
    #expect(throws: FileError.self) { try output.copy("lost.json", from: source) }
    try output.commit()
    #expect(FileKind(ofLinkAt: place.path + "/m/config.json") == .regularFile)
    #expect(try contents(of: place.path + "/m/config.json") == Array("{}".utf8))
    #expect(FileKind(ofLinkAt: place.path + "/m/not-there.json") == nil)
  }

  @Test func ofWritersToOneNameOneWins() async throws {
    let place = try TemporaryFolder()
    for round in 0..<20 {
      let path = "\(place.path)/\(round)"
      let wins = await withTaskGroup(of: Bool.self) { group in
        for writer in 0..<4 {
          group.addTask {
            do {
              let output = try OutputFolder(path: path, replacing: false)
              let data = Data("\(writer)".utf8)
              try data.write(to: URL(fileURLWithPath: output.path(of: "config.json")))
              try output.commit()
              return true
            } catch { return false }
          }
        }
        return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
      }
      #expect(wins == 1)
      #expect(FileKind(at: path + "/config.json") == .regularFile)
    }
    #expect(try place.names.count == 20)
  }

  @Test func aFolderThatWasMovedAsideByAKilledWriterIsBroughtBack() throws {
    let place = try TemporaryFolder()
    let path = place.path + "/merged"
    let aside = path + ".0123456789abc.previous"
    try folder(aside)
    _ = try place.write("old", "merged.0123456789abc.previous/config.json")
    #expect(throws: FileError.exists(path: path)) { try OutputFolder(path: path, replacing: false) }
    #expect(try contents(of: path + "/config.json") == Array("old".utf8))
    try folder(aside)
    _ = try? OutputFolder(path: path, replacing: false)
    #expect(try place.names == ["merged"])
  }
}
