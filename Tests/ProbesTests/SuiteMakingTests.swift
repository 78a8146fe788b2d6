import Files
import Foundation
import Probes
import Testing

@Suite struct SuiteMakingTests {
  private let folder: TemporaryFolder
  private let png: [UInt8]

  init() throws {
    folder = try TemporaryFolder()
    png = try DecodeGolden.named("png-rgb-8")
  }

  private func make(
    _ count: Int, _ selection: ProbeSelection = .first
  ) throws -> (suite: ProbeSuite, notes: [String]) {
    var notes: [String] = []
    let suite = try ProbeSuite.make(
      sources: [("x", "\(folder.path)/set")], count: count, selection: selection,
      preprocessing: nil, in: folder.path, note: { notes.append($0) })
    return (suite, notes)
  }

  private func writeClasses() throws {
    for name in ["cat", "dog"] {
      for index in 0..<4 { try folder.write(png, to: "set/\(name)/\(index).png") }
    }
  }

  @Test func theFirstRowsOfASortedSourceAreSaidToBeOfOneClass() throws {
    try writeClasses()
    let notes = try make(4).notes
    #expect(notes.count == 1)
    #expect(notes.first?.contains("the 4 chosen images are of 1 of 2 classes") == true)
    #expect(try make(8).notes.isEmpty)
    #expect(try make(4, .sample(seed: 1)).notes.isEmpty)
    #expect(try make(1).notes.isEmpty)
  }

  @Test func anImageThatCannotBeDecodedStopsTheSuite() throws {
    try writeClasses()
    try folder.write(Array(png.dropLast(20)), to: "set/dog/3.png")
    let error = #expect(throws: ImageError.self) { try make(8) }
    guard case .corruptImage(let sample, _, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(sample.hasSuffix("set/dog/3.png"))
    #expect(try make(7).suite.sampleCount == 7)
  }
}
