import CKernels

extension Kernels {
  /// A linear layer.
  ///
  /// Equation: C[M, N] (+)= act(A[M, K] W^T + bias)
  /// Numerics: the sum over K is taken in blocks of 256, in an order that depends on K alone, so a
  /// row of C does not depend on the other rows or on `panels`. With weights in bf16, A is rounded to
  /// bf16 as well; products are exact and sums are f32.
  ///
  /// - Parameters:
  ///   - accumulate: Adds to C instead of replacing it.
  ///   - panels: The panels of W to compute, all by default; panel p is columns 32 p ..< 32 (p + 1)
  ///     of C. Threads that take different panels give the same bits as one thread.
  public func multiply(
    _ a: UnsafePointer<Float>, rows: Int, stride: Int, by w: PackedMatrix,
    bias: UnsafePointer<Float>?, activation: Activation = .identity, accumulate: Bool = false,
    into c: UnsafeMutablePointer<Float>, stride cStride: Int, panels: Range<Int>? = nil
  ) {
    let range = panels ?? 0..<w.panelCount
    precondition(rows >= 0, "a count is not negative")
    precondition(rows < 2 || (stride >= w.columns && cStride >= w.rows), "rows do not overlap")
    precondition(range.lowerBound >= 0 && range.upperBound <= w.panelCount, "panels of the matrix")
    let product = ConstantArguments(
      RMPackedProduct(
        a: a, a_stride: stride, rows: rows, columns: w.rows, inner: w.columns,
        panels: w.panels.pointer, first_panel: range.lowerBound, end_panel: range.upperBound,
        bias: bias, activation: activation.code, accumulate: accumulate, c: c, c_stride: cStride))
    let function =
      w.precision == .f32 ? table.pointee.packed_product : table.pointee.packed_product_bf16
    withExtendedLifetime(w) {
      splitPanels(range, multiplyAdds: rows * w.columns * w.rows) { part in
        var arguments = product.value
        arguments.first_panel = part.lowerBound
        arguments.end_panel = part.upperBound
        function(&arguments)
      }
    }
  }

  /// A general product, for training and attention.
  ///
  /// Equation: C[M, N] = scale * A[M, K] B[K, N] (+ C)
  /// Any of the operands may be transposed: element (i, j) of A is
  /// `a[i * rowStride + j * columnStride]`, and B likewise.
  /// Numerics: the sum over K is taken in blocks of 256, added to C block by block.
  public func multiply(
    rows m: Int, columns n: Int, inner k: Int,
    _ a: UnsafePointer<Float>, rowStride aRow: Int, columnStride aColumn: Int,
    _ b: UnsafePointer<Float>, rowStride bRow: Int, columnStride bColumn: Int,
    scale: Float = 1, accumulate: Bool = false,
    into c: UnsafeMutablePointer<Float>, stride: Int
  ) {
    precondition(m >= 0 && n >= 0 && k >= 0, "counts are not negative")
    precondition(m < 2 || stride >= n, "rows of the result do not overlap")
    var arguments = RMProduct(
      rows: m, columns: n, inner: k, a: a, a_row: aRow, a_column: aColumn, b: b, b_row: bRow,
      b_column: bColumn, scale: scale, accumulate: accumulate, c: c, c_stride: stride)
    table.pointee.product(&arguments)
  }

  /// A linear layer whose weights are merged anew for every sample, as weight-ensembling mixtures of
  /// experts (WEMoE) do it.
  ///
  /// Equation: C_s = act(X_s (W0 + sum_e w[s, e] T_e)^T + b0 + sum_e w[s, e] b_e)
  /// Shapes: x is [S * T, K], weights [S, E], C [S * T, N].
  /// Numerics: as ``multiply(_:rows:stride:by:bias:activation:accumulate:into:stride:panels:)`` with
  /// the merged weights; a sample's bits do not depend on the other samples.
  /// The merged weights are made panel by panel in cache, eight samples at once, so that one read of
  /// an expert serves eight samples; they never exist as a whole. From weights in bf16 they are merged
  /// in f32 and rounded.
  ///
  /// - Parameters:
  ///   - taskVectorBiases: One for each expert, or empty when experts do not change the bias.
  ///   - panels: The panels to compute, all by default.
  public func mergedMultiply(
    _ x: UnsafePointer<Float>, samples: Int, tokens: Int, stride: Int, base: PackedMatrix,
    taskVectors: [PackedMatrix], baseBias: UnsafePointer<Float>?,
    taskVectorBiases: [UnsafePointer<Float>], weights: UnsafePointer<Float>,
    activation: Activation = .identity, accumulate: Bool = false,
    into c: UnsafeMutablePointer<Float>, stride cStride: Int, panels: Range<Int>? = nil
  ) {
    let range = panels ?? 0..<base.panelCount
    precondition(samples >= 0 && tokens >= 0, "counts are not negative")
    precondition(
      taskVectors.allSatisfy {
        $0.rows == base.rows && $0.columns == base.columns && $0.precision == base.precision
      }, "task vectors have the shape and precision of the base")
    precondition(
      taskVectorBiases.isEmpty || taskVectorBiases.count == taskVectors.count,
      "one bias for each task vector")
    precondition(
      range.lowerBound >= 0 && range.upperBound <= base.panelCount, "panels of the matrix")
    let function =
      base.precision == .f32 ? table.pointee.merged_product : table.pointee.merged_product_bf16
    withExtendedLifetime((base, taskVectors)) {
      withPointers(to: taskVectors, taskVectorBiases) { matrices, biases in
        let product = ConstantArguments(
          RMMergedProduct(
            x: x, x_stride: stride, samples: samples, tokens: tokens, columns: base.rows,
            inner: base.columns, experts: taskVectors.count, base: base.panels.pointer,
            task_vectors: matrices, base_bias: baseBias, task_vector_biases: biases,
            weights: weights, first_panel: range.lowerBound, end_panel: range.upperBound,
            activation: activation.code, accumulate: accumulate, c: c, c_stride: cStride))
        splitPanels(range, multiplyAdds: samples * tokens * base.columns * base.rows) { part in
          var arguments = product.value
          arguments.first_panel = part.lowerBound
          arguments.end_panel = part.upperBound
          function(&arguments)
        }
      }
    }
  }
}

/// Arguments that several threads read.
private struct ConstantArguments<Value>: @unchecked Sendable {
  let value: Value

  init(_ value: Value) { self.value = value }
}

/// Tables of addresses on the stack: a forward pass allocates nothing for them.
private func withPointers(
  to taskVectors: [PackedMatrix], _ biases: [UnsafePointer<Float>],
  _ body: (
    UnsafePointer<UnsafeRawPointer>, UnsafePointer<UnsafePointer<Float>>?
  ) -> Void
) {
  withUnsafeTemporaryAllocation(of: UnsafeRawPointer.self, capacity: taskVectors.count + 1) {
    guard let matrices = $0.baseAddress else { return }
    for (index, taskVector) in taskVectors.enumerated() {
      matrices[index] = UnsafeRawPointer(taskVector.panels.pointer)
    }
    biases.withUnsafeBufferPointer { biases in
      body(matrices, biases.isEmpty ? nil : biases.baseAddress)
    }
  }
}
