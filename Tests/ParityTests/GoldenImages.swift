import Checkpoints

/// Decoded images `[S, 64, 64, 3]` of a golden file, normalised as CLIP does.
struct GoldenImages: Sendable {
  let count: Int
  private let pixels: [Float]  // [S, 3, 64, 64]

  init(_ goldens: Checkpoint) throws {
    let side = 64
    count = 20
    let mean: [Float] = [0.48145466, 0.4578275, 0.40821073]
    let deviation: [Float] = [0.26862954, 0.26130258, 0.27577711]
    let bytes = try goldens.integers("images", shape: [count, side, side, 3])
    var pixels = [Float](repeating: 0, count: bytes.count)
    for (index, byte) in bytes.enumerated() {
      let (channel, place) = (index % 3, index / 3)
      let (image, inside) = (place / (side * side), place % (side * side))
      pixels[(image * 3 + channel) * side * side + inside] =
        (Float(byte) / 255 - mean[channel]) / deviation[channel]
    }
    self.pixels = pixels
  }

  func write(_ sample: Int, to destination: UnsafeMutablePointer<Float>) {
    let size = pixels.count / count
    for index in 0..<size { destination[index] = pixels[sample * size + index] }
  }
}
