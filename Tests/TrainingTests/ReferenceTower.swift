import Foundation
import ModelMerging
import RoutedModels
import Tensors
import Training

/// The plain Double forward pass that the fast one is held to: slow, one sample at a time, written
/// from the equations and sharing no code with the module under test.
struct ReferenceTower {
  let shape: TrainableTowerShape
  /// Parameters by Hugging Face name.
  var parameters: [String: [Double]]
  var merge: ReferenceMerge?

  init(_ shape: TrainableTowerShape, _ parameters: [String: [Double]], merge: ReferenceMerge? = nil)
  {
    self.shape = shape
    self.parameters = parameters
    self.merge = merge
  }

  func tensor(_ name: String) -> [Double] { parameters[name] ?? [] }

  /// The loss of one image `[3, H, W]`.
  func loss(_ pixels: [Double], head: ReferenceHead, label: Int, objective: ReferenceObjective)
    -> Double
  {
    objective.loss(logits: logits(pixels, head: head), label: label)
  }

  func logits(_ pixels: [Double], head: ReferenceHead) -> [Double] {
    let feature = feature(pixels)
    let length = dot(feature, feature).squareRoot()
    return head.rows.map { row in
      head.scale * dot(feature, row) / (length * dot(row, row).squareRoot())
    }
  }

  /// The projected class token.
  func feature(_ pixels: [Double]) -> [Double] {
    var tokens = embed(pixels).map { norm($0, "vision_model.pre_layrnorm") }
    for layer in 0..<shape.layers { tokens = encode(tokens, layer) }
    let pooled = norm(tokens[0], "vision_model.post_layernorm")
    return linear(pooled, tensor("visual_projection.weight"), outputs: shape.projection)
  }

  private func embed(_ pixels: [Double]) -> [[Double]] {
    let weight = tensor("vision_model.embeddings.patch_embedding.weight")
    var tokens = [tensor("vision_model.embeddings.class_embedding")]
    for patchRow in 0..<shape.grid {
      for patchColumn in 0..<shape.grid {
        var token = [Double](repeating: 0, count: shape.width)
        for unit in 0..<shape.width {
          for channel in 0..<3 {
            for i in 0..<shape.patch {
              for j in 0..<shape.patch {
                let row = patchRow * shape.patch + i
                let column = patchColumn * shape.patch + j
                let pixel = pixels[(channel * shape.imageSize + row) * shape.imageSize + column]
                let w = weight[((unit * 3 + channel) * shape.patch + i) * shape.patch + j]
                token[unit] += w * pixel
              }
            }
          }
        }
        tokens.append(token)
      }
    }
    let positions = tensor("vision_model.embeddings.position_embedding.weight")
    return tokens.enumerated().map { index, token in
      token.indices.map { token[$0] + positions[index * shape.width + $0] }
    }
  }

  private func encode(_ tokens: [[Double]], _ layer: Int) -> [[Double]] {
    let prefix = "vision_model.encoder.layers.\(layer)"
    let normed = tokens.map { norm($0, "\(prefix).layer_norm1") }
    let attended = attend(normed, "\(prefix).self_attn")
    let middle = zip(tokens, attended).map { add($0, $1) }
    let inputs = middle.map { norm($0, "\(prefix).layer_norm2") }
    let mlp = mlp(inputs, layer)
    return zip(middle, mlp).map { add($0, $1) }
  }

  private func attend(_ tokens: [[Double]], _ prefix: String) -> [[Double]] {
    func project(_ token: [Double], _ name: String) -> [Double] {
      add(
        linear(token, tensor("\(prefix).\(name).weight"), outputs: shape.width),
        tensor("\(prefix).\(name).bias"))
    }
    let q = tokens.map { project($0, "q_proj") }
    let k = tokens.map { project($0, "k_proj") }
    let v = tokens.map { project($0, "v_proj") }
    let headWidth = shape.width / shape.heads
    return tokens.indices.map { t in
      var output = [Double](repeating: 0, count: shape.width)
      for head in 0..<shape.heads {
        let range = head * headWidth..<(head + 1) * headWidth
        let scores = tokens.indices.map { other in
          range.reduce(0.0) { $0 + q[t][$1] * k[other][$1] } / Double(headWidth).squareRoot()
        }
        for (other, weight) in softmax(scores).enumerated() {
          for i in range { output[i] += weight * v[other][i] }
        }
      }
      return project(output, "out_proj")
    }
  }

  private func mlp(_ tokens: [[Double]], _ layer: Int) -> [[Double]] {
    let prefix = "vision_model.encoder.layers.\(layer).mlp"
    var own: [String: [Double]] = [:]
    for name in ["fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"] {
      own[name] = tensor("\(prefix).\(name)")
    }
    if let merge {
      for (expert, weight) in merge.weights(tokens, layer, self).enumerated() {
        for name in own.keys {
          let taskVector = tensor("\(prefix).task_vectors.\(expert).\(name)")
          own[name] = zip(own[name] ?? [], taskVector).map { $0 + weight * $1 }
        }
      }
    }
    return tokens.map { token in
      let hidden = add(
        linear(token, own["fc1.weight"] ?? [], outputs: shape.mlpWidth), own["fc1.bias"] ?? []
      ).map { activate($0) }
      return add(
        linear(hidden, own["fc2.weight"] ?? [], outputs: shape.width), own["fc2.bias"] ?? [])
    }
  }

  private func activate(_ x: Double) -> Double {
    switch shape.activation {
    case .identity: x
    case .relu: max(x, 0)
    case .tanhGELU: x * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x))) / 2
    case .quickGELU: x / (1 + exp(-1.702 * x))
    case .gelu: x * (1 + erf(x / 2.0.squareRoot())) / 2
    }
  }

  private func norm(_ x: [Double], _ name: String) -> [Double] {
    let mean = x.reduce(0, +) / Double(x.count)
    let variance = x.reduce(0.0) { $0 + ($1 - mean) * ($1 - mean) } / Double(x.count)
    let scale = tensor("\(name).weight")
    let shift = tensor("\(name).bias")
    let deviation = (variance + Double(shape.epsilon)).squareRoot()
    return x.indices.map { (x[$0] - mean) / deviation * scale[$0] + shift[$0] }
  }
}

/// A WEMoE's gates in Double; the parameters are in the tower's dictionary.
struct ReferenceMerge {
  let experts: Int
  let depth: GateDepth
  let routing: RoutingMode

  func weights(_ tokens: [[Double]], _ layer: Int, _ tower: ReferenceTower) -> [Double] {
    let prefix = "vision_model.encoder.layers.\(layer).mlp.gate"
    let logits: [[Double]] = tokens.map { token in
      switch depth {
      case .constant:
        return tower.tensor("\(prefix).weight")
      case .linear:
        return add(
          linear(token, tower.tensor("\(prefix).fc.weight"), outputs: experts),
          tower.tensor("\(prefix).fc.bias"))
      case .hidden:
        let hidden = add(
          linear(token, tower.tensor("\(prefix).fc1.weight"), outputs: token.count),
          tower.tensor("\(prefix).fc1.bias")
        ).map { max($0, 0) }
        return add(
          linear(hidden, tower.tensor("\(prefix).fc2.weight"), outputs: experts),
          tower.tensor("\(prefix).fc2.bias"))
      }
    }
    let mean = (0..<experts).map { expert in
      logits.reduce(0.0) { $0 + $1[expert] } / Double(tokens.count)
    }
    return routing == .softmax ? softmax(mean) : mean
  }
}

/// A zero-shot head in Double.
struct ReferenceHead {
  let rows: [[Double]]
  let scale: Double
}

/// The two losses in Double.
enum ReferenceObjective {
  case crossEntropy(smoothing: Double)
  case entropy

  func loss(logits: [Double], label: Int) -> Double {
    let p = softmax(logits)
    switch self {
    case .entropy:
      return -p.reduce(0.0) { $0 + $1 * log($1) }
    case .crossEntropy(let smoothing):
      let uniform = p.reduce(0.0) { $0 - log($1) } / Double(p.count)
      return -(1 - smoothing) * log(p[label]) + smoothing * uniform
    }
  }
}

func dot(_ a: [Double], _ b: [Double]) -> Double {
  var sum = 0.0
  for i in a.indices { sum += a[i] * b[i] }
  return sum
}

func add(_ a: [Double], _ b: [Double]) -> [Double] { a.indices.map { a[$0] + b[$0] } }

func linear(_ x: [Double], _ weight: [Double], outputs: Int) -> [Double] {
  (0..<outputs).map { row in
    var sum = 0.0
    for i in x.indices { sum += weight[row * x.count + i] * x[i] }
    return sum
  }
}

func softmax(_ x: [Double]) -> [Double] {
  let largest = x.max() ?? 0
  let powers = x.map { exp($0 - largest) }
  let sum = powers.reduce(0, +)
  return powers.map { $0 / sum }
}
