import Tensors

extension ShardPass {
  /// From pixels to the residual stream after the last layer, `memory.output`
  /// (class tokens only, where ``keepsClassTokensOnly(layer:)``).
  func forward(_ pixels: UnsafePointer<Float>, samples: Int) {
    let offsets = model.offsets
    let embedding = PatchEmbeddingPass(kernels: kernels, shape: shape)
    for sample in 0..<samples {
      embedding.unfold(
        pixels + sample * shape.pixelCount,
        into: memory.patches.pointer + sample * shape.patches * shape.patchValues)
    }
    embedding.forward(
      memory.patches.pointer, samples: samples, weights: model.patches,
      classEmbedding: model.parameters + offsets.classEmbedding,
      positions: model.parameters + offsets.positionEmbedding, into: memory.embedded.pointer)
    norm(offsets.preNormWeight, offsets.preNormBias).forward(
      memory.embedded.pointer, rows: samples * shape.tokens, memory: memory.preNorm,
      into: memory.layers[0].input.pointer)
    for index in 0..<shape.layers {
      let next = index + 1 < shape.layers ? memory.layers[index + 1].input : memory.output
      forward(layer: index, samples: samples, into: next.pointer)
    }
  }

  private func forward(layer index: Int, samples: Int, into next: UnsafeMutablePointer<Float>) {
    let offsets = model.offsets.layers[index]
    let layer = model.layers[index]
    let own = memory.layers[index]
    let rows = samples * shape.tokens
    norm(offsets.norm1Weight, offsets.norm1Bias).forward(
      own.input.pointer, rows: rows, memory: own.norm1, into: own.normed1.pointer)
    kernels.multiply(
      own.normed1.pointer, rows: rows, stride: width, by: layer.qkv.forward,
      bias: model.parameters + offsets.qkvBias, into: own.qkv.pointer, stride: 3 * width)
    let attention = attentionPass
    for sample in 0..<samples {
      let first = sample * shape.tokens
      attention.forward(
        own.qkv.pointer + first * 3 * width,
        probabilities: own.probabilities.pointer + first * shape.heads * shape.tokens,
        into: own.attended.pointer + first * width)
    }
    let middle = own.middle.pointer
    let rowsAfter = rowsAfterAttention(layer: index, samples: samples)
    if keepsClassTokensOnly(layer: index) {
      gatherClassTokens(own.attended.pointer, samples: samples, into: own.attended.pointer)
      gatherClassTokens(own.input.pointer, samples: samples, into: middle)
    } else {
      middle.update(from: own.input.pointer, count: rows * width)
    }
    kernels.multiply(
      own.attended.pointer, rows: rowsAfter, stride: width, by: layer.out.forward,
      bias: model.parameters + offsets.outBias, accumulate: true, into: middle, stride: width)
    norm(offsets.norm2Weight, offsets.norm2Bias).forward(
      middle, rows: rowsAfter, memory: own.norm2, into: own.normed2.pointer)
    next.update(from: middle, count: rowsAfter * width)
    forwardMLP(layer: index, samples: samples, addingTo: next)
  }

  private func forwardMLP(
    layer index: Int, samples: Int, addingTo next: UnsafeMutablePointer<Float>
  ) {
    let own = memory.layers[index]
    if let plain = plainMLP(layer: index) {
      plain.forward(
        own.normed2.pointer, rows: rowsAfterAttention(layer: index, samples: samples),
        memory: own.mlp, addingTo: next)
    } else if let merged = mergedMLP(layer: index), let gate = gatePass(layer: index),
      let gateMemory = own.gate
    {
      gate.forward(own.normed2.pointer, samples: samples, memory: gateMemory)
      merged.forward(
        own.normed2.pointer, samples: samples, weights: gateMemory.weights.pointer,
        memory: own.mlp, addingTo: next)
    }
  }

  var attentionPass: AttentionPass {
    AttentionPass(kernels: kernels, tokens: shape.tokens, width: width, heads: shape.heads)
  }

  func plainMLP(layer index: Int) -> MLPPass? {
    guard case .plain(let fc1, let fc2) = model.layers[index].mlp else { return nil }
    return MLPPass(
      kernels: kernels, activation: shape.activation, fc1: fc1, fc2: fc2,
      offsets: model.offsets.layers[index].mlp, parameters: model.parameters)
  }

  func mergedMLP(layer index: Int) -> MergedMLPPass? {
    guard case .merged(let fc1, let fc2) = model.layers[index].mlp else { return nil }
    return MergedMLPPass(
      kernels: kernels, activation: shape.activation, tokens: shape.tokens,
      experts: fc1.taskVectors.count, fc1: fc1, fc2: fc2)
  }

  func gatePass(layer index: Int) -> GatePass? {
    model.gates.map { gates in
      GatePass(
        kernels: kernels, tokens: shape.tokens, width: width, experts: gates.experts,
        routing: gates.routing, offsets: gates.layout.layers[index],
        parameters: gates.store.pointer, hiddenLinear: gates.hidden[index])
    }
  }
}
