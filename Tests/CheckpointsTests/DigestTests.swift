import Checkpoints
import Diagnostics
import Documents
import Files
import Foundation
import Testing

@Suite struct DigestTests {
  /// FIPS 180-2, appendix B.
  private static let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
  /// FIPS 180-2, appendix B.3: a million times `a`.
  private static let million = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"

  @Test func knownAnswers() {
    #expect(Digest.sha256(of: "abc".utf8).hexadecimal == Self.abc)
    var builder = SHA256Builder()
    for _ in 0..<1000 { builder.update([UInt8](repeating: UInt8(ascii: "a"), count: 1000)) }
    #expect(builder.finish().hexadecimal == Self.million)
  }

  @Test func finishingDoesNotEndABuilder() {
    var builder = SHA256Builder()
    builder.update(Array("ab".utf8))
    _ = builder.finish()
    builder.update(Array("c".utf8))
    #expect(builder.finish().hexadecimal == Self.abc)
  }

  @Test(arguments: [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3_000_000])
  func aFileHasTheDigestOfItsBytes(count: Int) throws {
    var generator = SeededGenerator(seed: UInt64(count))
    let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    let folder = try TemporaryFolder()
    let path = try folder.write(bytes, "x")
    let seen = Seen()
    let digest = try Digest.sha256(ofFile: path) { done, total in seen.add(done, total) }
    #expect(digest == Digest.sha256(of: bytes))
    #expect(seen.last == (count == 0 ? [] : [count, count]))
  }

  @Test func aMissingFileHasNoDigest() {
    #expect(throws: FileError.cannotOpen(path: "/nowhere/x", reason: "No such file or directory")) {
      try Digest.sha256(ofFile: "/nowhere/x")
    }
  }

  @Test func aCheckpointOfOneFileHasItsDigest() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(safetensors("{}      "))
    #expect(try Checkpoint(path: folder.path).digest() == Digest.sha256(ofFile: path))
  }

  @Test func aFileThatChangesAfterItWasHashedIsRefused() throws {
    let folder = try TemporaryFolder()
    let header = #"{"a":{"dtype":"I8","shape":[4],"data_offsets":[0,4]}}"#
    let path = try folder.write(safetensors(header, data: zeros(4)))
    let checkpoint = try Checkpoint(path: path)
    let digest = try checkpoint.digest()
    // Another time alone is settled by a second look.
    let times = [timeval(tv_sec: 7, tv_usec: 0), timeval(tv_sec: 7, tv_usec: 0)]
    try #require(utimes(path, times) == 0)
    #expect(checkpoint.mayHaveChanged)
    try checkpoint.requireUnchanged(since: digest)
    let handle = try #require(FileHandle(forWritingAtPath: path))
    try handle.seekToEnd()
    try handle.seek(toOffset: try handle.offset() - 1)
    try handle.write(contentsOf: Data([1]))
    try handle.close()
    #expect(throws: FileError.changedMeanwhile(path: path)) {
      try checkpoint.requireUnchanged(since: digest)
    }
    // A file that was shortened is refused as well, not read beyond its end.
    try #require(truncate(path, 8) == 0)
    #expect(throws: FileError.changedMeanwhile(path: path)) { try checkpoint.digest() }
  }
}

/// The last call of a progress handler.
private final class Seen: @unchecked Sendable {
  private let lock = NSLock()
  private var values: [Int] = []

  func add(_ done: Int, _ total: Int) { lock.withLock { values = [done, total] } }
  var last: [Int] { lock.withLock { values } }
}
