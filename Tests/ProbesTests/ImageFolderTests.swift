import Files
import Foundation
import Probes
import Testing

@Suite struct ImageFolderTests {
  private let folder: TemporaryFolder
  private let png: [UInt8]

  init() throws {
    folder = try TemporaryFolder()
    png = try DecodeGolden.named("png-rgb-8")
  }

  @Test func classesAndFilesAreSortedByBytes() throws {
    for name in [
      "set/zebra/2.png", "set/zebra/10.PNG", "set/Ant/b.jpg", "set/Ant/a.jpeg",
      "set/Ant/.hidden.png",
      "set/.git/x.png", "set/notes.txt", "set/Ant/notes.txt", "set/élan/nested/1.png",
      "set/élan/9.png",
    ] {
      try folder.write(png, to: name)
    }
    let source = try ProbeSource(path: "\(folder.path)/set")
    #expect(source.format == .imageFolder)
    #expect(source.classNames == ["Ant", "zebra", "élan"])
    #expect(
      source.samples.map(\.imageName) == [
        "Ant/a.jpeg", "Ant/b.jpg", "zebra/10.PNG", "zebra/2.png", "élan/9.png",
        "élan/nested/1.png",
      ])
    #expect(source.labels == [0, 0, 1, 1, 2, 2])
    #expect(try source.image(at: 5) == decode(png))
  }

  @Test func looseImagesHaveNoLabels() throws {
    try folder.write(png, to: "b.png")
    try folder.write(png, to: "a.png")
    let source = try ProbeSource(path: folder.path)
    #expect(source.samples.map(\.key) == ["a.png", "b.png"])
    #expect(source.labels == nil)
  }

  @Test func anEmptyFolderIsAnError() {
    #expect(throws: ImageError.noImages(path: folder.path)) { try ProbeSource(path: folder.path) }
  }

  @Test func anEmptyClassIsAnError() throws {
    try folder.write(png, to: "a/1.png")
    try folder.write([1], to: "b/readme.txt")
    #expect(throws: ImageError.emptyClass(path: "\(folder.path)/b")) {
      try ProbeSource(path: folder.path)
    }
  }

  @Test func imagesBesideClassesAreAnError() throws {
    try folder.write(png, to: "a/1.png")
    try folder.write(png, to: "loose.png")
    #expect(
      throws: ImageError.mixedFolder(path: folder.path, image: "loose.png", classFolder: "a")
    ) { try ProbeSource(path: folder.path) }
  }

  @Test func aLinkThatLeavesTheFolderIsRefused() throws {
    try folder.write(png, to: "outside.png")
    try folder.write(png, to: "set/a/1.png")
    let link = "\(folder.path)/set/a/2.png"
    try FileManager.default.createSymbolicLink(
      atPath: link, withDestinationPath: "../../outside.png")
    let error = #expect(throws: ImageError.self) { try ProbeSource(path: "\(folder.path)/set") }
    guard case .linkLeavesFolder(link, let target) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(target.hasSuffix("/outside.png"))
  }

  @Test func aSiblingWithTheSamePrefixIsOutside() throws {
    try folder.write(png, to: "set-2/1.png")
    try folder.write(png, to: "set/a/1.png")
    try FileManager.default.createSymbolicLink(
      atPath: "\(folder.path)/set/a/2.png", withDestinationPath: "../../set-2/1.png")
    #expect(throws: ImageError.self) { try ProbeSource(path: "\(folder.path)/set") }
  }

  @Test func aLinkToAFolderIsRefusedSoThatNothingNeverEnds() throws {
    try folder.write(png, to: "a/1.png")
    try FileManager.default.createSymbolicLink(
      atPath: "\(folder.path)/a/loop", withDestinationPath: "..")
    #expect(throws: ImageError.self) { try ProbeSource(path: folder.path) }
  }

  @Test func aDanglingLinkIsRefused() throws {
    try folder.write(png, to: "a/1.png")
    let link = "\(folder.path)/a/2.png"
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "nowhere")
    #expect(throws: ImageError.linkLeavesFolder(path: link, target: "nothing")) {
      try ProbeSource(path: folder.path)
    }
  }

  @Test func aLinkInsideTheFolderIsFollowed() throws {
    try folder.write(png, to: "a/1.png")
    try FileManager.default.createSymbolicLink(
      atPath: "\(folder.path)/a/2.png", withDestinationPath: "1.png")
    #expect(try ProbeSource(path: folder.path).samples.count == 2)
  }

  @Test func foldersNestedTooDeeplyAreRefused() throws {
    let deep = (0..<17).map { "\($0)" }.joined(separator: "/")
    try folder.write(png, to: "\(deep)/1.png")
    #expect(throws: ImageError.tooDeep(path: "\(folder.path)/\(deep)", limit: 16)) {
      try ProbeSource(path: folder.path)
    }
  }

  @Test func imagesOfAnotherFormatAreRefusedAndNotSkipped() throws {
    try folder.write(png, to: "a/1.gif")
    #expect(
      throws: ImageError.unsupportedFormat(sample: "\(folder.path)/a/1.gif", found: "GIF")
    ) { try ProbeSource(path: folder.path) }
  }

  @Test func aMissingPathIsAFileError() {
    #expect(throws: FileError.self) { try ProbeSource(path: "\(folder.path)/nowhere") }
  }

  @Test func aDeviceIsNoSource() {
    #expect(throws: ImageError.notAProbeSource(path: "/dev/null")) {
      try ProbeSource(path: "/dev/null")
    }
  }

  @Test func aSnapshotsLinksLeadToTheBlobsOfTheSameRepository() throws {
    let repository = "hub/datasets--user--birds"
    try folder.write(png, to: "\(repository)/blobs/aa0")
    try folder.write(png, to: "hub/datasets--user--cats/blobs/bb0")
    let snapshot = "\(folder.path)/\(repository)/snapshots/rev"
    try FileManager.default.createDirectory(
      atPath: "\(snapshot)/wren", withIntermediateDirectories: true)
    func link(_ name: String, _ target: String) throws {
      try FileManager.default.createSymbolicLink(
        atPath: "\(snapshot)/\(name)", withDestinationPath: target)
    }
    try link("wren/0.png", "../../../blobs/aa0")
    let source = try ProbeSource(path: snapshot)
    #expect(source.samples.map(\.imageName) == ["wren/0.png"])
    #expect(try source.image(at: 0) == decode(png))
    #expect(try ProbeSource(path: "\(snapshot)/wren").samples.count == 1)
    try link("wren/1.png", "../../../../datasets--user--cats/blobs/bb0")
    #expect(throws: ImageError.self) { try ProbeSource(path: snapshot) }
  }

  @Test func aFolderThatOnlyLooksLikeASnapshotKeepsItsLinksInside() throws {
    try folder.write(png, to: "photos/blobs/aa0")
    try folder.write(png, to: "photos/snapshots/rev/a/0.png")
    try FileManager.default.createSymbolicLink(
      atPath: "\(folder.path)/photos/snapshots/rev/a/1.png",
      withDestinationPath: "../../../blobs/aa0")
    #expect(throws: ImageError.self) {
      try ProbeSource(path: "\(folder.path)/photos/snapshots/rev")
    }
  }

  @Test func whatAMacAddsToArchivesIsNoClass() throws {
    try folder.write(png, to: "a/1.png")
    try folder.write([1], to: "__MACOSX/a/._1.png")
    #expect(try ProbeSource(path: folder.path).classNames == ["a"])
  }
}
