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

  private func read(_ text: String) throws -> ImagePreprocessor {
    try JSONDecoder().decode(ImagePreprocessor.self, from: Data(text.utf8))
  }

  @Test func aNullIsAsIfTheKeyWasNotThere() throws {
    let exact = try read(
      """
      {"image_processor_type": "ViTImageProcessorFast", "size": {"height": 32, "width": 32},
       "crop_size": null, "do_center_crop": null, "do_pad": null, "crop_pct": null, "resample": 3,
       "rescale_factor": null, \(norm)}
      """)
    #expect(exact.resize == .exact(height: 32, width: 32))
    #expect(exact.crop == nil)
    #expect(exact.rescaleFactor == 1.0 / 255)
    let edge = try read(
      #"{"size": {"shortest_edge": 32, "longest_edge": null, "height": null}, "crop_size": 32, \#(norm)}"#
    )
    #expect(edge.resize == .shortestEdge(32))
    #expect(try read(#"{"size": 8, "crop_size": 8, \#(norm)}"#).crop == .init(height: 8, width: 8))
    #expect(
      try read(#"{"size": {"height": 8, "width": 8}, "crop_size": null, \#(norm)}"#).crop == nil)
  }

  @Test func aNullThatReleasesReadDifferentlyIsRefused() {
    for key in ["do_resize", "do_rescale", "do_normalize"] {
      #expect(
        error(#"{"size": 8, "crop_size": 8, "\#(key)": null, \#(norm)}"#)
          == .impossibleValue(
            file: "preprocessing", key: key, expected: "true or false", actual: "null"))
    }
    #expect(
      error(#"{"size": 8, "crop_size": 8, "resample": null, \#(norm)}"#)
        == .impossibleValue(
          file: "preprocessing", key: "resample", expected: "0 to 5", actual: "null"))
  }

  @Test func whatIsNotSaidIsAsTheNamedProcessorHasIt() throws {
    let clip = try read(#"{"image_processor_type": "CLIPImageProcessor"}"#)
    #expect(clip.resize == .shortestEdge(224))
    #expect(clip.crop == .init(height: 224, width: 224))
    #expect(clip.normalization?.mean == [0.48145466, 0.4578275, 0.40821073])
    let siglip = try read(
      #"{"image_processor_type": "SiglipImageProcessorFast", "size": {"height": 32, "width": 32}}"#)
    #expect(siglip.resize == .exact(height: 32, width: 32))
    #expect(siglip.filter == .bicubic)
    #expect(siglip.crop == nil)
    #expect(siglip.normalization == .init(mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5]))
    // ViT takes one integer for a square, filters linearly and crops only when told to.
    let vit = try read(
      #"{"feature_extractor_type": "ViTFeatureExtractor", "size": 32, "crop_size": 16}"#)
    #expect(vit.resize == .exact(height: 32, width: 32))
    #expect(vit.filter == .bilinear)
    #expect(vit.crop == nil)
  }

  @Test func processorsAndStepsThatAreNotDoneHereAreRefusedByName() {
    for (setting, key, actual) in [
      (
        #""image_processor_type": "ConvNextImageProcessor""#, "image_processor_type",
        "`ConvNextImageProcessor`"
      ),
      (#""do_pad": true"#, "do_pad", "true"), (#""crop_pct": 0.875"#, "crop_pct", "set"),
      (#""do_flip_channel_order": true"#, "do_flip_channel_order", "true"),
      (#""do_something_new": true"#, "do_something_new", "true"),
      (#""rescale_offset": true"#, "rescale_offset", "true"),
    ] {
      #expect(
        error(#"{"size": 8, "crop_size": 8, \#(setting), \#(norm)}"#)
          == .unsupportedProcessor(file: "preprocessing", key: key, actual: actual))
    }
    #expect(throws: Never.self) {
      try read(#"{"size": 8, "crop_size": 8, "do_pad": false, "do_convert_rgb": false, \#(norm)}"#)
    }
  }

  @Test func aModelsPreprocessingMayStandInItsProcessorsFile() throws {
    let folder = try TemporaryFolder()
    let nested =
      #"{"image_processor": {"size": 8, "crop_size": 8, \#(norm)}, "processor_class": "CLIPProcessor"}"#
    try folder.write(Array(nested.utf8), to: "processor_config.json")
    let read = try ImagePreprocessor(ofModel: folder.path, imageSize: 8)
    #expect(read.crop == .init(height: 8, width: 8))
    #expect(
      try ImagePreprocessor(contentsOf: "\(folder.path)/processor_config.json") == read)
    #expect(
      throws: ProbeSuiteError.imageSizeMismatch(
        model: folder.path, expected: [16, 16], actual: [8, 8])
    ) { try ImagePreprocessor(ofModel: folder.path, imageSize: 16) }
    // The same said twice is fine, two different things are not.
    let own = "\(folder.path)/preprocessor_config.json"
    try folder.write(
      Array(#"{"size": 8, "crop_size": 8, \#(norm)}"#.utf8), to: "preprocessor_config.json")
    #expect(try ImagePreprocessor(ofModel: folder.path, imageSize: 8) == read)
    try folder.write(
      Array(#"{"size": 9, "crop_size": 8, \#(norm)}"#.utf8), to: "preprocessor_config.json")
    #expect(
      throws: ImageError.twoPreprocessings(
        file: own, other: "\(folder.path)/processor_config.json")
    ) { try ImagePreprocessor(ofModel: folder.path, imageSize: 8) }
    // A processor's file of older releases says nothing of images.
    try folder.write(
      Array(#"{"processor_class": "CLIPProcessor"}"#.utf8), to: "processor_config.json")
    #expect(try ImagePreprocessor(ofModel: folder.path, imageSize: 8).resize == .shortestEdge(9))
  }
}
