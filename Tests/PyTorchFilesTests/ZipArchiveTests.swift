import PyTorchFiles
import Testing

@Suite struct ZipArchiveTests {
  private let pickle = Pickle.whole(
    Pickle.dictionary([("w", Pickle.tensor(shape: [6], strides: [1]))]))

  private func entries() -> [ArchiveEntry] {
    [
      ArchiveEntry(name: "a/data.pkl", data: pickle),
      ArchiveEntry(name: "a/data/0", data: [UInt8](repeating: 0, count: 24)),
    ]
  }

  private func failure(_ bytes: [UInt8]) -> PyTorchFileError? {
    do {
      _ = try read(bytes)
      return nil
    } catch {
      return error as? PyTorchFileError
    }
  }

  @Test func storedEntriesAreRead() throws {
    #expect(try read(archive(entries())).keys.sorted() == ["w"])
    #expect(try read(archive(entries() + [ArchiveEntry(name: "a/data/", data: [])])).count == 1)
  }

  @Test(arguments: ["../a/data/1", "/etc/passwd", "a/../../b", #"a\b"#, "a\0b"])
  func namesThatLeaveTheArchiveAreRefused(name: String) {
    #expect(
      failure(archive(entries() + [ArchiveEntry(name: name, data: [])]))
        == .unsupportedEntry(
          file: "f.pt", entry: name, reason: "named so that it leaves the archive"))
  }

  @Test func compressionAndEncryptionAreRefused() {
    var compressed = entries()
    compressed[1].method = 8
    #expect(
      failure(archive(compressed))
        == .unsupportedEntry(file: "f.pt", entry: "a/data/0", reason: "compressed"))
    var encrypted = entries()
    encrypted[1].flags = 1
    #expect(
      failure(archive(encrypted))
        == .unsupportedEntry(file: "f.pt", entry: "a/data/0", reason: "encrypted"))
  }

  @Test func bothDescriptionsOfAnEntryMustAgree() {
    for change in [0, 1] {
      var changed = entries()
      if change == 0 { changed[1].ownName = "a/data/1" } else { changed[1].ownLength = 20 }
      guard case .malformedArchive = failure(archive(changed)) else {
        Issue.record("two names or lengths")
        return
      }
    }
  }

  @Test func entriesMayNotOverlapOrRepeat() {
    var overlapping = entries() + [ArchiveEntry(name: "a/data.pkl", data: pickle, place: 0)]
    #expect(
      failure(archive(overlapping))
        == .unsupportedEntry(file: "f.pt", entry: "a/data.pkl", reason: "inside another entry"))
    overlapping[2].place = nil
    #expect(
      failure(archive(overlapping))
        == .unsupportedEntry(file: "f.pt", entry: "a/data.pkl", reason: "there twice"))
  }

  @Test func cutArchivesAreRefused() {
    let whole = archive(entries())
    for length in 9..<whole.count { #expect(failure(Array(whole[..<length])) != nil) }
  }

  @Test func otherFormsAreRefusedByName() {
    func kind(_ bytes: [UInt8]) -> String? {
      guard case .unsupportedKind(_, let kind) = failure(bytes) else { return nil }
      return kind
    }
    var tar = [UInt8](repeating: 0, count: 1024)
    tar.replaceSubrange(257..<262, with: Array("ustar".utf8))
    #expect(kind(tar) == "a tar archive, as PyTorch wrote until 2016")
    #expect(
      kind(archive(entries() + [ArchiveEntry(name: "a/code/x.py", data: [])]))
        == "a TorchScript program")
    #expect(
      kind(archive(entries() + [ArchiveEntry(name: "a/byteorder", data: Array("big".utf8))]))
        == "written on a big-endian machine")
    #expect(kind(pickle) == "a pickle without the archive around it")
  }
}
