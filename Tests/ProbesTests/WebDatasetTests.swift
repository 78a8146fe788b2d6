import Foundation
import Probes
import Testing

@Suite struct WebDatasetTests {
  private let folder: TemporaryFolder
  private let png: [UInt8]

  init() throws {
    folder = try TemporaryFolder()
    png = try DecodeGolden.named("png-rgb-8")
  }

  private func open(_ build: (inout TarBuilder) -> Void) throws -> ProbeSource {
    try ProbeSource(path: TarBuilder.archive(in: folder, build))
  }

  @Test func samplesStandInTheArchivesOrderWithTheirLabels() throws {
    let source = try open { tar in
      tar.add("000007.cls", Array("12\n".utf8))
      tar.add("000007.png", png)
      tar.add("notes.txt", [1, 2, 3])
      tar.add("000003.JPG", png)
      tar.add("000003.seg.png", [0])
      tar.add("000003.cls", Array(" 0".utf8))
      tar.finish()
    }
    #expect(source.format == .webDataset)
    #expect(source.samples.map(\.key) == ["000007", "000003"])
    #expect(source.labels == [12, 0])
    #expect(source.classNames.isEmpty)
    #expect(try source.withImageBytes(of: 1) { Array($0) } == png)
    #expect(try source.image(at: 0) == decode(png))
  }

  @Test func labelsAreOptional() throws {
    let source = try open { tar in
      tar.add("a.png", png)
      tar.add("b.png", png)
      tar.add("b.cls", [UInt8(ascii: "3")])
      tar.finish()
    }
    #expect(source.samples.map(\.label) == [nil, 3])
    #expect(source.labels == nil)
  }

  @Test func longNamesComeFromEveryFormat() throws {
    let long = String(repeating: "d", count: 60) + "/" + String(repeating: "n", count: 80)
    let source = try open { tar in
      tar.add("././@LongLink", Array("\(long)0.png\0".utf8), kind: "L", magic: "ustar ")
      tar.add(String("\(long)0.png".prefix(100)), png, magic: "ustar ")
      tar.add("x", TarBuilder.paxRecord("path", "\(long)1é.png"), kind: "x")
      tar.add("short", png)
      tar.add("n.png", png, prefix: "some/prefix")
      tar.add("old.png", png, magic: "", version: "")
      tar.finish()
    }
    #expect(
      source.samples.map(\.key) == ["\(long)0", "\(long)1é", "some/prefix/n", "old"])
  }

  @Test func gnuArchivesHaveNoPrefix() throws {
    let source = try open { tar in
      tar.add("n.png", png, prefix: "13531742345", magic: "ustar ", version: " ")
      tar.finish()
    }
    #expect(source.samples.map(\.key) == ["n"])
  }

  @Test func sizesComeFromPaxAndBase256() throws {
    let size = UInt8(png.count >> 8)
    let source = try open { tar in
      tar.add("x", TarBuilder.paxRecord("size", "\(png.count)"), kind: "x")
      tar.add("a.png", png, size: TarBuilder.octal(0, digits: 11))
      tar.add(
        "b.png", png,
        size: [0x80] + [UInt8](repeating: 0, count: 9) + [size, UInt8(png.count & 255)])
      tar.finish()
    }
    #expect(try source.withImageBytes(of: 0) { Array($0) } == png)
    #expect(try source.withImageBytes(of: 1) { Array($0) } == png)
  }

  @Test func linksDevicesFoldersAndHiddenFilesAreSkipped() throws {
    let source = try open { tar in
      tar.add("folder/", kind: "5")
      tar.add("old-folder/")
      for (kind, name) in zip("12346", ["h.png", "s.png", "c.png", "b.png", "p.png"]) {
        tar.add(name, kind: kind)
      }
      tar.add("g", TarBuilder.paxRecord("comment", "hello"), kind: "g")
      tar.add("./folder/._a.png", [0])
      tar.add("./folder/a.png", png)
      tar.finish()
    }
    #expect(source.samples.map(\.key) == ["folder/a"])
    #expect(source.samples.map(\.imageName) == ["folder/a.png"])
  }

  @Test func anImageThatIsDamagedNamesArchiveAndMember() throws {
    let source = try open { tar in
      tar.add("a.png", [])
      tar.finish()
    }
    #expect(throws: ImageError.emptyImage(sample: "\(source.path)/a.png")) {
      try source.image(at: 0)
    }
  }

  @Test func aDotTooManyIsAnErrorAndNotAMissingImage() throws {
    let names = [["photo.v1.png", "photo.v2.png"], ["a.png", "b.png", "c.1.PNG", "d.1.jpg"]]
    for (members, stray) in zip(names, [("photo.v1.png", "photo"), ("c.1.PNG", "c")]) {
      let error = #expect(throws: ImageError.self) {
        try open { tar in
          for name in members { tar.add(name, png) }
          tar.finish()
        }
      }
      #expect(
        error
          == .dotInName(archive: "\(folder.path)/probes.tar", member: stray.0, key: stray.1))
    }
  }

  @Test func whatLooksLikeAnImageAndIsLeftOutIsSaid() throws {
    let source = try open { tar in
      tar.add("1.jpg", png)
      tar.add("1.seg.png", png)
      tar.add("2.png", kind: "1")
      tar.add("3.png", kind: "2")
      tar.add("__MACOSX/._1.jpg", png)
      tar.add("__MACOSX/9.jpg", png)
      tar.finish()
    }
    #expect(source.samples.map(\.key) == ["1"])
    #expect(
      source.notes == [
        "1 images such as `1.seg.png` are further parts of samples and were not taken",
        "2 links such as `2.png` have no bytes of their own and were not taken",
      ])
  }
}
