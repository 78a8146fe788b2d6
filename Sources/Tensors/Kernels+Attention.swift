extension Kernels {
  /// Multi-head self-attention of one sample, after the projection to queries, keys and values.
  ///
  /// Equation: out_h = softmax(q_h k_h^T / sqrt(D / H)) v_h, head by head (Vaswani et al., 2017)
  /// Shapes: qkv is [T, 3 D] with q, k and v beside each other; the result is [T, D].
  ///
  /// - Parameter scratch: At least ``attentionScratchCount(tokens:width:heads:)`` elements; after the
  ///   call its contents are undefined.
  /// - Precondition: `width` is a multiple of `heads`.
  public func attention(
    qkv: UnsafePointer<Float>, tokens: Int, width: Int, heads: Int,
    into out: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) {
    precondition(heads > 0 && width % heads == 0, "the width is a multiple of the heads")
    guard tokens > 0, width > 0 else { return }
    let head = width / heads
    let stride = 3 * width
    let scale = 1 / Float(head).squareRoot()
    for h in 0..<heads {
      let q = qkv + h * head
      let k = q + width
      let v = k + width
      multiply(
        rows: tokens, columns: tokens, inner: head, q, rowStride: stride, columnStride: 1,
        k, rowStride: 1, columnStride: stride, scale: scale, into: scratch, stride: tokens)
      softmax(scratch, rows: tokens, width: tokens, stride: tokens)
      multiply(
        rows: tokens, columns: head, inner: tokens, scratch, rowStride: tokens, columnStride: 1,
        v, rowStride: stride, columnStride: 1, into: out + h * head, stride: width)
    }
  }

  /// How many elements of scratch memory attention needs.
  public static func attentionScratchCount(tokens: Int, width: Int, heads: Int) -> Int {
    tokens * tokens
  }
}
