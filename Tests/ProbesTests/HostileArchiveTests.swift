import Files
import Foundation
import Probes
import Testing

@Suite struct HostileArchiveTests {
  private let folder: TemporaryFolder
  private let path: String
  private let png: [UInt8]

  init() throws {
    folder = try TemporaryFolder()
    path = "\(folder.path)/probes.tar"
    png = try DecodeGolden.named("png-one-pixel")
  }

  private func expect(
    _ error: ImageError, location: SourceLocation = #_sourceLocation,
    _ build: (inout TarBuilder) -> Void
  ) throws {
    let path = try TarBuilder.archive(in: folder, build)
    #expect(throws: error, sourceLocation: location) { try ProbeSource(path: path) }
  }

  @Test(arguments: ["../a.png", "/etc/a.png", "a/../../b.png", "a/..", "..", "//a.png"])
  func namesThatClimbAreRefused(name: String) throws {
    try expect(.unsafeName(archive: path, offset: 0, name: name)) { tar in
      tar.add(name, png)
      tar.finish()
    }
  }

  @Test func aClimbingLinkIsRefusedThoughItIsSkipped() throws {
    try expect(.unsafeName(archive: path, offset: 0, name: "../link.png")) { tar in
      tar.add("../link.png", kind: "2")
      tar.finish()
    }
  }

  @Test func aClimbingPaxNameIsRefused() throws {
    try expect(.unsafeName(archive: path, offset: 1024, name: "../../a.png")) { tar in
      tar.add("x", TarBuilder.paxRecord("path", "../../a.png"), kind: "x")
      tar.add("a.png", png)
      tar.finish()
    }
  }

  @Test func aClimbingGNUNameIsRefused() throws {
    try expect(.unsafeName(archive: path, offset: 1024, name: "/a.png")) { tar in
      tar.add("././@LongLink", Array("/a.png\0".utf8), kind: "L")
      tar.add("a.png", png)
      tar.finish()
    }
  }

  @Test func controlCharactersInANameAreRefusedAndEscaped() throws {
    try expect(.unsafeName(archive: path, offset: 0, name: #"a\x1b[2J.png"#)) { tar in
      tar.add("a\u{1B}[2J.png", png)
      tar.finish()
    }
  }

  @Test func anEmptyNameIsRefused() throws {
    try expect(.unsafeName(archive: path, offset: 0, name: "")) { tar in
      tar.add("", png)
      tar.finish()
    }
  }

  @Test func aDuplicateMemberIsRefused() throws {
    try expect(.duplicateMember(archive: path, first: "a.png", second: "a.png")) { tar in
      tar.add("a.png", png)
      tar.add("./a.png", png)
      tar.finish()
    }
  }

  @Test func twoImagesWithOneKeyAreRefused() throws {
    try expect(.duplicateMember(archive: path, first: "a.png", second: "a.jpg")) { tar in
      tar.add("a.png", png)
      tar.add("a.jpg", png)
      tar.finish()
    }
  }

  @Test func twoLabelsWithOneKeyAreRefused() throws {
    try expect(.duplicateMember(archive: path, first: "a.cls", second: "a.CLS")) { tar in
      tar.add("a.png", png)
      tar.add("a.cls", [48])
      tar.add("a.CLS", [49])
      tar.finish()
    }
  }

  @Test(arguments: ["", "x", "-1", "+1", "1 2", "0x10", "1.0", "99999999999999999999", "٣"])
  func labelsThatAreNoIntegersAreRefused(text: String) throws {
    let path = try TarBuilder.archive(in: folder) { tar in
      tar.add("a.png", png)
      tar.add("a.cls", Array(text.utf8))
      tar.finish()
    }
    let error = #expect(throws: ImageError.self) { try ProbeSource(path: path) }
    guard case .malformedLabel(path, "a.cls", _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func aLabelWithoutAnImageIsRefused() throws {
    try expect(.labelWithoutImage(archive: path, member: "b.cls")) { tar in
      tar.add("a.png", png)
      tar.add("b.cls", [48])
      tar.finish()
    }
  }

  @Test func imagesOfAnotherFormatAreRefusedAndNotSkipped() throws {
    try expect(.unsupportedFormat(sample: "\(path)/b.webp", found: "WebP")) { tar in
      tar.add("a.png", png)
      tar.add("b.webp", png)
      tar.finish()
    }
  }

  @Test func anArchiveWithoutImagesIsRefused() throws {
    try expect(.noImages(path: path)) { tar in
      tar.add("readme.txt", [1])
      tar.finish()
    }
    try expect(.noImages(path: path)) { $0.finish() }
  }

  @Test func everyTruncationIsAnError() throws {
    var whole = TarBuilder()
    whole.add("a.png", png)
    whole.add("b.png", png)
    let end = whole.bytes.count + 512
    whole.finish()
    for count in stride(from: 0, to: end, by: 64) {
      try folder.write(Array(whole.bytes.prefix(count)), to: "probes.tar")
      let error = #expect(throws: ImageError.self, "cut at \(count)") {
        try ProbeSource(path: path)
      }
      switch error {
      case .truncatedArchive: break
      case .notAnArchive where count == 0: break
      default: Issue.record("cut at \(count): \(String(describing: error))")
      }
    }
  }

  @Test func aSizeBeyondTheFileIsATruncation() throws {
    try expect(.truncatedArchive(archive: path, offset: 512, expected: 1 << 33, actual: 1536)) {
      $0.add("a.png", png, size: TarBuilder.octal((1 << 33), digits: 11) + [])
      $0.finish()
    }
  }

  @Test func aNegativeOrHugeBase256SizeIsMalformed() throws {
    for first: UInt8 in [0xFF, 0x80] {
      try expect(
        .malformedHeader(
          archive: path, offset: 0, field: "size", expected: "0 or more, in 63 bits",
          actual: "a base-256 number that is negative or longer")
      ) { tar in
        tar.add("a.png", png, size: [first] + [UInt8](repeating: 0xFF, count: 11))
        tar.finish()
      }
    }
  }

  @Test func aSizeThatIsNotOctalIsMalformed() throws {
    try expect(
      .malformedHeader(
        archive: path, offset: 0, field: "size", expected: "octal digits",
        actual: #"0000000009x\x00"#)
    ) { tar in
      tar.add("a.png", png, size: Array("0000000009x".utf8))
      tar.finish()
    }
  }

  @Test func aWrongChecksumIsAnError() throws {
    var tar = TarBuilder()
    tar.add("a.png", png)
    tar.finish()
    var bytes = tar.bytes
    bytes[0] += 2
    try folder.write(bytes, to: "probes.tar")
    let sum =
      bytes[0..<512].reduce(0) { $0 + Int($1) } - bytes[148..<156].reduce(0) { $0 + Int($1) }
    #expect(
      throws: ImageError.headerChecksum(
        archive: path, offset: 0, expected: sum + 256, actual: sum + 254)
    ) { try ProbeSource(path: path) }
  }

  @Test(arguments: ["5 path=a\n", "99 path=a.png\n", "path=a\n", "12 path a.p\n", "0 a=b\n"])
  func brokenPaxRecordsAreMalformed(record: String) throws {
    let path = try TarBuilder.archive(in: folder) { tar in
      tar.add("x", Array(record.utf8), kind: "x")
      tar.add("a.png", png)
      tar.finish()
    }
    let error = #expect(throws: ImageError.self) { try ProbeSource(path: path) }
    guard case .malformedHeader(path, 0, "pax record", _, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func aNegativePaxSizeIsMalformed() throws {
    try expect(
      .malformedHeader(
        archive: path, offset: 0, field: "pax size", expected: "0 or more", actual: "-512")
    ) { tar in
      tar.add("x", TarBuilder.paxRecord("size", "-512"), kind: "x")
      tar.add("a.png", png)
      tar.finish()
    }
  }

  @Test func aPaxHeaderAboveAMegabyteIsRefused() throws {
    try expect(
      .malformedHeader(
        archive: path, offset: 0, field: "size", expected: "at most 1048576 bytes of names",
        actual: "1048577")
    ) { tar in
      tar.add("x", [UInt8](repeating: 65, count: (1 << 20) + 1), kind: "x")
      tar.finish()
    }
  }

  @Test func sparseFilesAreUnsupported() throws {
    try expect(.unsupportedMember(archive: path, offset: 0, kind: "a member of type `S`")) { tar in
      tar.add("a.png", png, kind: "S")
      tar.finish()
    }
    try expect(.unsupportedMember(archive: path, offset: 0, kind: "a sparse file")) { tar in
      tar.add("x", TarBuilder.paxRecord("GNU.sparse.major", "1"), kind: "x")
      tar.add("a.png", png)
      tar.finish()
    }
  }

  @Test func compressedArchivesAndPicturesAreNoArchives() throws {
    for (found, bytes) in [
      ("gzip", [0x1F, 0x8B, 8] + [UInt8](repeating: 7, count: 900)), ("a PNG image", png),
      ("an empty file", []),
    ] {
      try folder.write(bytes, to: "probes.tar")
      #expect(throws: ImageError.notAnArchive(archive: path, found: found)) {
        try ProbeSource(path: path)
      }
    }
  }

  @Test(arguments: 0..<200)
  func mutatedArchivesOpenOrThrow(seed: UInt64) throws {
    var tar = TarBuilder()
    tar.add("x", TarBuilder.paxRecord("path", "some/long.png"), kind: "x")
    tar.add("a.png", png)
    tar.add("a.cls", [48])
    tar.add("././@LongLink", Array("b.png\0".utf8), kind: "L")
    tar.add("b", png)
    tar.finish()
    var bytes = tar.bytes
    var generator = SplitMix(seed: seed)
    for _ in 0..<2 {
      let block = Int(generator.next() % UInt64(bytes.count / 512))
      bytes[512 * block + Int(generator.next() % 512)] = UInt8(truncatingIfNeeded: generator.next())
    }
    // The checksums are made right again, so that what is behind them is reached.
    for start in stride(from: 0, to: bytes.count - 1024, by: 1024) {
      bytes.replaceSubrange((start + 148)..<(start + 156), with: [UInt8](repeating: 32, count: 8))
      let sum = bytes[start..<start + 512].reduce(0) { $0 + Int($1) }
      bytes.replaceSubrange(
        (start + 148)..<(start + 156), with: TarBuilder.octal(sum, digits: 6) + [0, 32])
    }
    try folder.write(bytes, to: "probes.tar")
    do {
      let source = try ProbeSource(path: path)
      for index in source.samples.indices {
        #expect(try source.withImageBytes(of: index) { $0.count } <= bytes.count)
      }
    } catch {
      #expect(error is ImageError)
    }
  }
}
