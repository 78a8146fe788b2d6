import Tensors

/// Scaled dot-product attention of one sample, keeping the attention probabilities.
///
/// Equation, per head: O = P V with P = softmax(Q K^T / sqrt(D / H))
/// Shapes: `qkv` `[T, 3D]` with q, k, v side by side; `probabilities` `[H, T, T]`; output `[T, D]`.
struct AttentionPass {
  let kernels: Kernels
  let tokens: Int
  let width: Int
  let heads: Int

  private var headWidth: Int { width / heads }
  private var scale: Float { 1 / Float(headWidth).squareRoot() }

  func forward(
    _ qkv: UnsafePointer<Float>, probabilities: UnsafeMutablePointer<Float>,
    into output: UnsafeMutablePointer<Float>
  ) {
    let stride = 3 * width
    for head in 0..<heads {
      let q = qkv + head * headWidth
      let k = q + width
      let v = k + width
      let p = probabilities + head * tokens * tokens  // [T, T]
      kernels.multiply(
        rows: tokens, columns: tokens, inner: headWidth, q, rowStride: stride, columnStride: 1,
        k, rowStride: 1, columnStride: stride, scale: scale, into: p, stride: tokens)
      kernels.softmax(p, rows: tokens, width: tokens, stride: tokens)
      kernels.multiply(
        rows: tokens, columns: headWidth, inner: tokens, p, rowStride: tokens, columnStride: 1,
        v, rowStride: stride, columnStride: 1, into: output + head * headWidth, stride: width)
    }
  }

  /// Writes the gradient of `qkv` for the gradient `dOutput` `[T, D]`.
  ///
  /// dV = P^T dO, dP = dO V^T, dS = P (dP - rowsum(P dP)), dQ = s dS K, dK = s dS^T Q.
  func backward(
    _ dOutput: UnsafePointer<Float>, qkv: UnsafePointer<Float>,
    probabilities: UnsafePointer<Float>, scratch: UnsafeMutablePointer<Float>,
    into dqkv: UnsafeMutablePointer<Float>
  ) {
    let stride = 3 * width
    for head in 0..<heads {
      let q = qkv + head * headWidth
      let k = q + width
      let v = k + width
      let dq = dqkv + head * headWidth
      let dk = dq + width
      let dv = dk + width
      let dO = dOutput + head * headWidth
      let p = probabilities + head * tokens * tokens
      kernels.multiply(
        rows: tokens, columns: headWidth, inner: tokens, p, rowStride: 1, columnStride: tokens,
        dO, rowStride: width, columnStride: 1, into: dv, stride: stride)
      kernels.multiply(
        rows: tokens, columns: tokens, inner: headWidth, dO, rowStride: width, columnStride: 1,
        v, rowStride: 1, columnStride: stride, into: scratch, stride: tokens)
      kernels.softmaxBackward(
        p: p, dp: scratch, rows: tokens, width: tokens, stride: tokens, ds: scratch)
      kernels.multiply(
        rows: tokens, columns: headWidth, inner: tokens, scratch, rowStride: tokens,
        columnStride: 1, k, rowStride: stride, columnStride: 1, scale: scale, into: dq,
        stride: stride)
      kernels.multiply(
        rows: tokens, columns: headWidth, inner: tokens, scratch, rowStride: 1,
        columnStride: tokens, q, rowStride: stride, columnStride: 1, scale: scale, into: dk,
        stride: stride)
    }
  }
}
