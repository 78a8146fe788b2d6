import Foundation
import Probes
import Testing

@Suite struct DecodingTests {
  @Test func everyPictureHasPillowsPixels() throws {
    let goldens = try Goldens<DecodeGolden>.read("decode")
    #expect(goldens.count >= 50)
    for golden in goldens {
      let image = try decode(Array(golden.encoded), name: golden.name)
      #expect(image.width == golden.width && image.height == golden.height, "\(golden.name)")
      let difference = firstDifference(image.pixels, Array(golden.pixels))
      #expect(difference == nil, "\(golden.name): \(difference ?? "")")
    }
  }

  @Test func grey16IsClippedAndNotScaled() throws {
    // The golden has values on both sides of 255; a scaled 16-bit sample below 400 would be 0 or 1.
    let image = try decode(DecodeGolden.named("png-grey-16"))
    #expect(image.pixels.contains(255))
    #expect(image.pixels.contains { $0 > 1 && $0 < 255 })
  }

  @Test func orientationIsIgnored() throws {
    let image = try decode(DecodeGolden.named("jpeg-orientation"))
    #expect(image.width == 12 && image.height == 20)
  }

  @Test func decodingIsTheSameFromManyThreads() async throws {
    let bytes = try DecodeGolden.named("jpeg-420-17x13")
    let expected = try decode(bytes)
    try await withThrowingTaskGroup(of: RGBImage.self) { group in
      for _ in 0..<32 { group.addTask { try decode(bytes) } }
      for try await image in group { #expect(image == expected) }
    }
  }
}
