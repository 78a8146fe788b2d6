import Foundation
import Probes
import Testing

@Suite struct ResizingTests {
  struct Golden: Decodable {
    let width: Int
    let height: Int
    let newWidth: Int
    let newHeight: Int
    let filter: Int
    let pixels: Data
  }

  @Test func everyFilterAndSizeHasPillowsPixels() throws {
    let goldens = try Goldens<Golden>.read("resize")
    #expect(Set(goldens.map(\.filter)) == Set(ResamplingFilter.allCases.map(\.rawValue)))
    for golden in goldens {
      let filter = try #require(ResamplingFilter(rawValue: golden.filter))
      let image = RGBImage.formula(width: golden.width, height: golden.height)
        .resized(width: golden.newWidth, height: golden.newHeight, filter: filter)
      let difference = firstDifference(image.pixels, Array(golden.pixels))
      let sizes = "\(golden.width)x\(golden.height) to \(golden.newWidth)x\(golden.newHeight)"
      #expect(difference == nil, "\(filter), \(sizes): \(difference ?? "")")
    }
  }

  @Test(arguments: ResamplingFilter.allCases)
  func theSameSizeIsTheIdentity(filter: ResamplingFilter) {
    let image = RGBImage.formula(width: 19, height: 7)
    #expect(image.resized(width: 19, height: 7, filter: filter) == image)
  }

  @Test(arguments: ResamplingFilter.allCases)
  func aFlatPictureStaysFlat(filter: ResamplingFilter) {
    let image = RGBImage(width: 31, height: 17, pixels: [UInt8](repeating: 201, count: 31 * 17 * 3))
    for (width, height) in [(5, 40), (64, 64), (1, 1)] {
      let resized = image.resized(width: width, height: height, filter: filter)
      #expect(resized.pixels.allSatisfy { $0 == 201 })
      #expect(resized.pixels.count == 3 * width * height)
    }
  }

  @Test func bilinearHalvingOfFourPixelsIsTheHandComputedOne() {
    // Scale 2, support 2: output 0 is centred at 1 and takes pixels 0...2 with the triangle's
    // weights .75, .75, .25 over their sum: (0.75 * 0 + 0.75 * 70 + 0.25 * 140) / 1.75 = 50.
    let values: [UInt8] = [0, 70, 140, 210]
    let image = RGBImage(width: 4, height: 1, pixels: values.flatMap { [$0, $0, $0] })
    let resized = image.resized(width: 2, height: 1, filter: .bilinear)
    #expect(resized.pixels == [50, 50, 50, 160, 160, 160])
  }
}
