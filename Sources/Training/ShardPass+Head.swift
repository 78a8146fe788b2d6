import Tensors

extension ShardPass {
  /// Class token, last layer norm, projection and unit length.
  func pool(samples: Int) {
    let offsets = model.offsets
    if keepsClassTokensOnly(layer: shape.layers - 1) {
      memory.classTokens.pointer.update(from: memory.output.pointer, count: samples * width)
    } else {
      gatherClassTokens(
        memory.output.pointer, samples: samples, into: memory.classTokens.pointer)
    }
    norm(offsets.postNormWeight, offsets.postNormBias).forward(
      memory.classTokens.pointer, rows: samples, memory: memory.postNorm,
      into: memory.pooled.pointer)
    let length = shape.projection
    kernels.multiply(
      memory.pooled.pointer, rows: samples, stride: width, by: model.projection.forward,
      bias: nil, into: memory.features.pointer, stride: length)
    for sample in 0..<samples {
      let feature = memory.features.pointer + sample * length
      let unit = memory.units.pointer + sample * length
      let reciprocal = Float(1 / kernels.dot(feature, feature, count: length).squareRoot())
      for i in 0..<length { unit[i] = feature[i] * reciprocal }
    }
  }

  /// Losses, and the gradients of the unit features in `memory.dUnits`.
  func classify(_ samples: [ShardSample]) -> [Double] {
    var losses: [Double] = []
    var start = 0
    while start < samples.count {
      let head = samples[start].head
      let end = samples[start...].firstIndex { $0.head != head } ?? samples.count
      losses += classify(samples[start..<end], by: heads[head])
      start = end
    }
    return losses
  }

  private func classify(_ samples: ArraySlice<ShardSample>, by head: ZeroShotHead) -> [Double] {
    let length = shape.projection
    let classes = head.classes
    let units = memory.units.pointer + samples.startIndex * length
    let dUnits = memory.dUnits.pointer + samples.startIndex * length
    let logits = memory.logits.pointer  // [samples, C]
    return head.rows.withUnsafeBufferPointer { rows in
      guard let rows = rows.baseAddress else { return [] }
      kernels.multiply(
        rows: samples.count, columns: classes, inner: length, units, rowStride: length,
        columnStride: 1, rows, rowStride: 1, columnStride: length, scale: head.scale,
        into: logits, stride: classes)
      let losses = samples.enumerated().map { index, sample in
        objective.evaluate(
          logits + index * classes, classes: classes, target: sample.target, scale: sample.share)
      }
      kernels.multiply(
        rows: samples.count, columns: length, inner: classes, logits, rowStride: classes,
        columnStride: 1, rows, rowStride: length, columnStride: 1, scale: head.scale,
        into: dUnits, stride: length)
      return losses
    }
  }

  /// From `memory.dUnits` to the gradient of the last layer's output, which is zero outside the
  /// class tokens.
  func backwardPool(samples: Int) {
    let offsets = model.offsets
    let length = shape.projection
    for sample in 0..<samples {
      let feature = memory.features.pointer + sample * length
      let unit = memory.units.pointer + sample * length
      let gradient = memory.dUnits.pointer + sample * length
      // d(f / |f|) = (du - u (u . du)) / |f|
      let along = Float(kernels.dot(unit, gradient, count: length))
      let reciprocal = Float(1 / kernels.dot(feature, feature, count: length).squareRoot())
      for i in 0..<length { gradient[i] = (gradient[i] - unit[i] * along) * reciprocal }
    }
    if let gradient = linearGradient(offsets.projection, nil) {
      kernels.addGradient(
        of: memory.dUnits.pointer, outputs: length, for: memory.pooled.pointer, inputs: width,
        rows: samples, to: gradient)
    }
    kernels.propagate(
      memory.dUnits.pointer, rows: samples, through: model.projection,
      into: memory.dPooled.pointer)
    let dTokens = memory.dClassTokens.pointer
    dTokens.update(repeating: 0, count: samples * width)
    let gradients = normGradients(offsets.postNormWeight, offsets.postNormBias)
    norm(offsets.postNormWeight, offsets.postNormBias).backward(
      memory.dPooled.pointer, memory.classTokens.pointer, rows: samples,
      memory: memory.postNorm, addingTo: dTokens, scaleGradient: gradients.0,
      shiftGradient: gradients.1)
    let stream = memory.dStream.pointer
    stream.update(from: dTokens, count: samples * width)
    if !keepsClassTokensOnly(layer: shape.layers - 1) {
      scatterClassTokens(stream, samples: samples)
    }
  }
}
