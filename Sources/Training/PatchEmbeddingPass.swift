import Tensors

/// Patch embedding: a convolution without bias whose stride is its size, which is one product
/// over patches; then the class token and the position embeddings.
struct PatchEmbeddingPass {
  let kernels: Kernels
  let shape: TrainableTowerShape

  /// Copies an image's patches to rows `[patches, 3 * patch * patch]` in the order of the
  /// convolution's weight (channel, row, column).
  func unfold(_ pixels: UnsafePointer<Float>, into rows: UnsafeMutablePointer<Float>) {
    let side = shape.imageSize
    let patch = shape.patch
    var target = rows
    for patchRow in 0..<shape.grid {
      for patchColumn in 0..<shape.grid {
        for channel in 0..<3 {
          for row in 0..<patch {
            let line = (channel * side + patchRow * patch + row) * side
            target.update(from: pixels + line + patchColumn * patch, count: patch)
            target += patch
          }
        }
      }
    }
  }

  /// Fills `embedded` `[samples, T, D]` from `patches` `[samples, patches, patchValues]`.
  func forward(
    _ patches: UnsafePointer<Float>, samples: Int, weights: PackedMatrix,
    classEmbedding: UnsafePointer<Float>, positions: UnsafePointer<Float>,
    into embedded: UnsafeMutablePointer<Float>
  ) {
    let width = shape.width
    let sampleCount = shape.tokens * width
    for sample in 0..<samples {
      let tokens = embedded + sample * sampleCount
      tokens.update(from: positions, count: sampleCount)
      for i in 0..<width { tokens[i] += classEmbedding[i] }
      kernels.multiply(
        patches + sample * shape.patches * shape.patchValues, rows: shape.patches,
        stride: shape.patchValues, by: weights, bias: nil, accumulate: true,
        into: tokens + width, stride: width)
    }
  }

  /// Adds the gradients of class token, positions and patch weights for `dx` `[samples, T, D]`.
  func backward(
    _ dx: UnsafePointer<Float>, _ patches: UnsafePointer<Float>, samples: Int,
    classGradient: UnsafeMutablePointer<Float>, positionGradient: UnsafeMutablePointer<Float>,
    patchGradient: UnsafeMutablePointer<Float>
  ) {
    let width = shape.width
    let sampleCount = shape.tokens * width
    for sample in 0..<samples {
      let tokens = dx + sample * sampleCount
      for i in 0..<width { classGradient[i] += tokens[i] }
      for i in 0..<sampleCount { positionGradient[i] += tokens[i] }
      kernels.addGradient(
        of: tokens + width, outputs: width,
        for: patches + sample * shape.patches * shape.patchValues, inputs: shape.patchValues,
        rows: shape.patches, to: LinearGradient(weight: patchGradient, bias: nil))
    }
  }
}
