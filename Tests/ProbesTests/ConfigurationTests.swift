import Documents
import Files
import Foundation
import Probes
import Testing

@Suite struct ConfigurationTests {
  private func error(_ text: String) -> ImageError? {
    #expect(throws: ImageError.self, "\(text)") {
      try JSONDecoder().decode(ImagePreprocessor.self, from: Data(text.utf8))
    }
  }

  private let norm = #""image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]"#

  @Test func aZeroSizeIsImpossible() {
    #expect(
      error(#"{"size": {"height": 0, "width": 8}, \#(norm)}"#)
        == .impossibleValue(
          file: "preprocessing", key: "size.height", expected: "1 to 4096", actual: "0"))
  }

  @Test func aSizeAbove4096IsImpossible() {
    #expect(
      error(#"{"size": 8, "crop_size": {"height": 8, "width": 4097}, \#(norm)}"#)
        == .impossibleValue(
          file: "preprocessing", key: "crop_size.width", expected: "1 to 4096", actual: "4097"))
  }

  @Test func aDeviationOfZeroIsImpossible() {
    let text =
      #"{"size": {"height": 8, "width": 8}, "image_mean": [0, 0, 0], "image_std": [1, 0, 1]}"#
    #expect(
      error(text)
        == .impossibleValue(
          file: "preprocessing", key: "image_std", expected: "three numbers above zero",
          actual: "[1.0, 0.0, 1.0]"))
  }

  @Test func twoMeansAreImpossible() {
    let text = #"{"size": {"height": 8, "width": 8}, "image_mean": [0, 0], "image_std": [1, 1, 1]}"#
    #expect(
      error(text)
        == .impossibleValue(
          file: "preprocessing", key: "image_mean", expected: "three finite numbers",
          actual: "[0.0, 0.0]"))
  }

  @Test func aFactorOfZeroIsImpossible() {
    let text = #"{"size": {"height": 8, "width": 8}, "rescale_factor": 0, \#(norm)}"#
    #expect(
      error(text)
        == .impossibleValue(
          file: "preprocessing", key: "rescale_factor",
          expected: "a finite factor other than zero", actual: "0.0"))
  }

  @Test func anUnknownFilterIsImpossible() {
    #expect(
      error(#"{"size": {"height": 8, "width": 8}, "resample": 6, \#(norm)}"#)
        == .impossibleValue(
          file: "preprocessing", key: "resample", expected: "0 to 5", actual: "6"))
  }

  @Test func aShortestEdgeIsNoCrop() {
    #expect(
      error(#"{"size": 8, "crop_size": {"shortest_edge": 8}, \#(norm)}"#)
        == .impossibleValue(
          file: "preprocessing", key: "crop_size",
          expected: "an integer, or a height and a width", actual: "a shortest edge of 8"))
  }

  @Test func anOutputThatVariesIsRefused() {
    #expect(
      error(#"{"size": 8, \#(norm)}"#)
        == .varyingOutputSize(file: "preprocessing", actual: "a shortest edge and no crop"))
    #expect(
      error(#"{"do_resize": false, \#(norm)}"#)
        == .varyingOutputSize(file: "preprocessing", actual: "no resizing and no crop"))
  }

  @Test func missingValuesAreNamed() {
    #expect(
      error("{\(norm)}")
        == .missingValue(file: "preprocessing", key: "size", neededBy: "do_resize"))
    #expect(
      error(#"{"size": 8, "do_center_crop": true, \#(norm)}"#)
        == .missingValue(file: "preprocessing", key: "crop_size", neededBy: "do_center_crop"))
    #expect(
      error(#"{"size": {"height": 8, "width": 8}, "image_mean": [0, 0, 0]}"#)
        == .missingValue(file: "preprocessing", key: "image_std", neededBy: "do_normalize"))
  }

  @Test func aFileOfTheWrongTypesSaysWhereAndWhich() throws {
    let folder = try TemporaryFolder()
    for (text, key) in [
      (#"{"size": {"height": "8", "width": 8}, \#(norm)}"#, "size.height"),
      (#"{"size": {"height": 8}, \#(norm)}"#, "size.width"),
      (#"{"size": {"shortest_edge": 8, "longest_edge": 9}, \#(norm)}"#, "size.longest_edge"),
      ("[]", ""),
    ] {
      let path = try folder.write(Array(text.utf8), to: "preprocessor_config.json")
      let error = #expect(throws: DocumentError.self, "\(text)") {
        try ImagePreprocessor(contentsOf: path)
      }
      switch error {
      case .missingKey(path, let actual), .unexpectedValue(path, let actual, _, _):
        #expect(actual == key, "\(text)")
      default: Issue.record("\(text): \(String(describing: error))")
      }
    }
  }

  @Test func aFileThatIsNotStrictJSONIsRefused() throws {
    let folder = try TemporaryFolder()
    for text in ["[", "", #"{"size": 8,}"#] {
      let path = try folder.write(Array(text.utf8), to: "preprocessor_config.json")
      let error = #expect(throws: DocumentError.self, "\(text)") {
        try ImagePreprocessor(contentsOf: path)
      }
      if case .invalidJSON(path, _, _, _) = error { continue }
      Issue.record("\(text): \(String(describing: error))")
    }
  }

  @Test func aKeyThatStandsTwiceIsRefused() throws {
    let folder = try TemporaryFolder()
    for (text, key) in [
      (#"{"size": 8, "crop_size": 8, "size": 16, \#(norm)}"#, "size"),
      (#"{"size": {"height": 8, "width": 8, "height": 9}, \#(norm)}"#, "size.height"),
    ] {
      let path = try folder.write(Array(text.utf8), to: "preprocessor_config.json")
      #expect(throws: DocumentError.duplicateKey(file: path, keyPath: key), "\(text)") {
        try ImagePreprocessor(contentsOf: path)
      }
    }
  }

  @Test func aMissingFileIsAFileError() {
    #expect(throws: FileError.self) { try ImagePreprocessor(contentsOf: "/nowhere/at/all.json") }
  }
}
