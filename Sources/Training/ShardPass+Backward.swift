import Tensors

extension ShardPass {
  /// From the gradient of the last layer's output in `memory.dStream` back to the embeddings, or,
  /// in a frozen tower, to the first layer's MLP, below which nothing is trained.
  func backward(samples: Int) {
    for index in (0..<shape.layers).reversed() {
      let isLowest = targets.tower == nil && index == 0
      backwardMLP(layer: index, samples: samples, isLowest: isLowest)
      if isLowest { return }
      backwardAttention(layer: index, samples: samples)
    }
    backwardEmbedding(samples: samples)
  }

  private func backwardMLP(layer index: Int, samples: Int, isLowest: Bool) {
    let offsets = model.offsets.layers[index]
    let own = memory.layers[index]
    let rows = rowsAfterAttention(layer: index, samples: samples)
    let stream = memory.dStream.pointer
    if let plain = plainMLP(layer: index) {
      plain.backward(
        stream, own.normed2.pointer, rows: rows, memory: own.mlp, gradient: targets.tower,
        scratch: memory.dHidden.pointer, into: memory.dBlock.pointer)
    } else {
      backwardMergedMLP(layer: index, samples: samples, isLowest: isLowest)
    }
    if isLowest { return }
    let gradients = normGradients(offsets.norm2Weight, offsets.norm2Bias)
    norm(offsets.norm2Weight, offsets.norm2Bias).backward(
      memory.dBlock.pointer, own.middle.pointer, rows: rows, memory: own.norm2,
      addingTo: stream, scaleGradient: gradients.0, shiftGradient: gradients.1)
  }

  private func backwardMergedMLP(layer index: Int, samples: Int, isLowest: Bool) {
    let own = memory.layers[index]
    guard let merged = mergedMLP(layer: index), let gate = gatePass(layer: index),
      let gateMemory = own.gate
    else { return }
    let dx = isLowest ? nil : memory.dBlock.pointer
    memory.dWeights.pointer.update(repeating: 0, count: samples * gate.experts)
    merged.backward(
      memory.dStream.pointer, own.normed2.pointer, samples: samples,
      weights: gateMemory.weights.pointer, memory: own.mlp, dWeights: memory.dWeights.pointer,
      gradients: taskVectorGradients(layer: index), hiddenScratch: memory.dHidden.pointer,
      scratch: memory.merged.pointer, into: dx)
    gate.backward(
      memory.dWeights.pointer, own.normed2.pointer, samples: samples, memory: gateMemory,
      gradient: targets.gates, scratch: (memory.gateTokens.pointer, memory.gateSamples.pointer),
      addingTo: dx)
  }

  private func taskVectorGradients(
    layer index: Int
  ) -> (fc1: TaskVectorGradients, fc2: TaskVectorGradients)? {
    targets.taskVectors.map { pointer, layout in
      let experts = layout.layers[index]
      return (
        TaskVectorGradients(
          weights: experts.map { pointer + $0.fc1Weight },
          biases: experts.map { pointer + $0.fc1Bias }),
        TaskVectorGradients(
          weights: experts.map { pointer + $0.fc2Weight },
          biases: experts.map { pointer + $0.fc2Bias })
      )
    }
  }

  private func backwardAttention(layer index: Int, samples: Int) {
    let offsets = model.offsets.layers[index]
    let layer = model.layers[index]
    let own = memory.layers[index]
    let rows = samples * shape.tokens
    let rowsAfter = rowsAfterAttention(layer: index, samples: samples)
    let stream = memory.dStream.pointer
    let block = memory.dBlock.pointer
    let dqkv = memory.dQKV.pointer
    if let gradient = linearGradient(offsets.outWeight, offsets.outBias) {
      kernels.addGradient(
        of: stream, outputs: width, for: own.attended.pointer, inputs: width,
        rows: rowsAfter, to: gradient)
    }
    kernels.propagate(stream, rows: rowsAfter, through: layer.out, into: block)
    if keepsClassTokensOnly(layer: index) {
      scatterClassTokens(stream, samples: samples)
      scatterClassTokens(block, samples: samples)
    }
    let attention = attentionPass
    for sample in 0..<samples {
      let first = sample * shape.tokens
      attention.backward(
        block + first * width, qkv: own.qkv.pointer + first * 3 * width,
        probabilities: own.probabilities.pointer + first * shape.heads * shape.tokens,
        scratch: memory.dProbabilities.pointer, into: dqkv + first * 3 * width)
    }
    if let gradient = linearGradient(offsets.qkvWeight, offsets.qkvBias) {
      kernels.addGradient(
        of: dqkv, outputs: 3 * width, for: own.normed1.pointer, inputs: width, rows: rows,
        to: gradient)
    }
    kernels.propagate(dqkv, rows: rows, through: layer.qkv, into: block)
    let gradients = normGradients(offsets.norm1Weight, offsets.norm1Bias)
    norm(offsets.norm1Weight, offsets.norm1Bias).backward(
      block, own.input.pointer, rows: rows, memory: own.norm1, addingTo: stream,
      scaleGradient: gradients.0, shiftGradient: gradients.1)
  }

  private func backwardEmbedding(samples: Int) {
    guard let tower = targets.tower else { return }
    let offsets = model.offsets
    let rows = samples * shape.tokens
    let block = memory.dBlock.pointer
    block.update(repeating: 0, count: rows * width)
    let gradients = normGradients(offsets.preNormWeight, offsets.preNormBias)
    norm(offsets.preNormWeight, offsets.preNormBias).backward(
      memory.dStream.pointer, memory.embedded.pointer, rows: rows, memory: memory.preNorm,
      addingTo: block, scaleGradient: gradients.0, shiftGradient: gradients.1)
    PatchEmbeddingPass(kernels: kernels, shape: shape).backward(
      block, memory.patches.pointer, samples: samples,
      classGradient: tower + offsets.classEmbedding,
      positionGradient: tower + offsets.positionEmbedding,
      patchGradient: tower + offsets.patchEmbedding)
  }
}
