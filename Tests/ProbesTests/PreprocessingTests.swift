import Foundation
import Probes
import Testing

@Suite struct PreprocessingTests {
  struct Golden: Decodable {
    let name: String
    let width: Int
    let height: Int
    let configuration: Data
    let outputHeight: Int
    let outputWidth: Int
    let pixels: Data

    var floats: [Float] {
      stride(from: 0, to: pixels.count, by: 4).map { start in
        Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(pixels[start + $1]) << (8 * $1) })
      }
    }
  }

  @Test func everyConfigurationHasTheBitsOfTransformers() throws {
    let goldens = try Goldens<Golden>.read("preprocess")
    #expect(goldens.count == 13)
    for golden in goldens {
      let preprocessor = try JSONDecoder().decode(
        ImagePreprocessor.self, from: golden.configuration)
      #expect(preprocessor.outputHeight == golden.outputHeight, "\(golden.name)")
      #expect(preprocessor.outputWidth == golden.outputWidth, "\(golden.name)")
      let pixels = preprocessor.pixels(.formula(width: golden.width, height: golden.height))
      let isEqual = pixels == golden.floats
      #expect(isEqual, "\(golden.name)")
    }
  }

  @Test func aConfigurationReadsBackAsItself() throws {
    for golden in try Goldens<Golden>.read("preprocess") {
      let first = try JSONDecoder().decode(ImagePreprocessor.self, from: golden.configuration)
      let text = try JSONEncoder().encode(first)
      let second = try JSONDecoder().decode(ImagePreprocessor.self, from: text)
      #expect(first == second, "\(golden.name)")
    }
  }

  @Test func theCropIsThePartOfTheWholeResizedPicture() throws {
    let image = RGBImage.formula(width: 53, height: 34)
    let preprocessor = try ImagePreprocessor(
      resize: .shortestEdge(20), crop: .init(height: 11, width: 15), rescaleFactor: nil)
    let whole = image.resized(width: 31, height: 20, filter: .bicubic)
    let pixels = preprocessor.pixels(image)
    for (c, y, x) in [(0, 0, 0), (1, 10, 14), (2, 5, 7), (0, 3, 11)] {
      let expected = whole.pixels[3 * ((y + 4) * 31 + x + 8) + c]
      #expect(pixels[(c * 11 + y) * 15 + x] == Float(expected))
    }
  }

  @Test func aVeryLongPictureCostsNoMoreThanItsCrop() throws {
    // Resized whole it would have 64 x 640000 pixels.
    let image = RGBImage.formula(width: 10000, height: 1)
    let preprocessor = try ImagePreprocessor(
      resize: .shortestEdge(64), crop: .init(height: 64, width: 64))
    #expect(preprocessor.pixels(image).count == 3 * 64 * 64)
  }
}
