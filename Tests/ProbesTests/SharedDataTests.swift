import Foundation
import Probes
import Testing

/// Real probes against the pixels that PyTorch was given.
@Suite struct SharedDataTests {
  private static let shared = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("shared").path

  private static func isThere(_ test: String) -> Bool {
    if FileManager.default.fileExists(atPath: "\(shared)/zoo") { return true }
    print("skipped: \(test): ../shared is not there")
    return false
  }

  private static func pixels(of source: ProbeSource, rows: Range<Int>) throws -> [UInt8] {
    try rows.flatMap { row in
      try source.image(at: row).resized(width: 64, height: 64, filter: .bicubic).pixels
    }
  }

  @Test(arguments: ["victim-softmax", "victim-raw"])
  func theFirstTrainingRowsAreTheGoldenImages(golden: String) throws {
    guard Self.isThere("theFirstTrainingRowsAreTheGoldenImages") else { return }
    let images = try SafetensorsBytes.read(
      "images", from: "\(Self.shared)/zoo/goldens-\(golden).safetensors")
    let size = 4 * 64 * 64 * 3
    try #require(images.count == 5 * size)
    for (index, name) in ["scene15", "cars", "rsscn7", "cifar10", "streetchars"].enumerated() {
      let source = try ProbeSource(path: "\(Self.shared)/data/\(name)/train.tar")
      let expected = Array(images[(index * size)..<((index + 1) * size)])
      let difference = firstDifference(try Self.pixels(of: source, rows: 0..<4), expected)
      #expect(difference == nil, "\(name): \(difference ?? "")")
    }
  }

  @Test func everySetOpensWithItsLabels() throws {
    guard Self.isThere("everySetOpensWithItsLabels") else { return }
    let rows = ["mnist": 2000, "gtsrb": 1978, "cars": 1960, "dtd10": 960, "scene15": 1498]
    for (name, count) in rows {
      let source = try ProbeSource(path: "\(Self.shared)/data/\(name)/train.tar")
      #expect(source.samples.count == count, "\(name)")
      let labels = try #require(source.labels, "\(name)")
      #expect(Set(labels) == Set(0..<(labels.max() ?? 0) + 1), "\(name)")
      #expect(try source.image(at: count - 1).pixels.isEmpty == false)
    }
  }

  @Test func theZoosPreprocessorGives64Pixels() throws {
    guard Self.isThere("theZoosPreprocessorGives64Pixels") else { return }
    let preprocessor = try ImagePreprocessor(
      contentsOf: "\(Self.shared)/zoo/base/preprocessor_config.json")
    #expect(preprocessor.outputHeight == 64 && preprocessor.outputWidth == 64)
    #expect(preprocessor.filter == .bicubic)
    #expect(preprocessor.crop == nil)
  }
}

/// The bytes of one tensor of a safetensors file.
private enum SafetensorsBytes {
  static func read(_ name: String, from path: String) throws -> [UInt8] {
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    let length = (0..<8).reduce(0) { $0 | Int(data[$1]) << (8 * $1) }
    let header = try JSONSerialization.jsonObject(with: data[8..<8 + length]) as? [String: Any]
    let tensor = try #require(header?[name] as? [String: Any])
    let offsets = try #require(tensor["data_offsets"] as? [Int])
    return Array(data[(8 + length + offsets[0])..<(8 + length + offsets[1])])
  }
}
