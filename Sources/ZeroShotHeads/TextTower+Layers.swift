import Checkpoints
import Foundation

extension TextTower {
  /// A matrix `[rows, columns]`.
  struct Matrix: Sendable {
    let rows: Int
    let columns: Int
    let values: [Float]

    func row(_ index: Int) -> ArraySlice<Float> {
      values[index * columns..<(index + 1) * columns]
    }

    /// W x.
    func times(_ x: [Double]) -> [Double] {
      (0..<rows).map { row in
        var sum = 0.0
        let first = row * columns
        for column in 0..<columns { sum += Double(values[first + column]) * x[column] }
        return sum
      }
    }
  }

  /// Finds tensors by their names in a CLIP and in a text tower by itself, old and new.
  struct Reader {
    let checkpoint: Checkpoint
    private let prefix: String

    init(_ folder: String) throws {
      checkpoint = try Checkpoint(path: folder)
      prefix =
        ["text_model.", ""].first {
          [checkpoint] in checkpoint.contains($0 + "embeddings.token_embedding.weight")
        } ?? "text_model."
    }

    func contains(_ name: String) -> Bool { checkpoint.contains(prefix + name) }

    func matrix(_ name: String, rows: Int? = nil, columns: Int? = nil) throws -> Matrix {
      try matrix(exactly: prefix + name, rows: rows, columns: columns)
    }

    func projection(columns: Int) throws -> Matrix {
      try matrix(exactly: "text_projection.weight", rows: nil, columns: columns)
    }

    private func matrix(exactly name: String, rows: Int?, columns: Int?) throws -> Matrix {
      let shape = checkpoint.descriptor(of: name)?.shape ?? []
      // A missing tensor is reported by the checkpoint, with the file.
      let wanted = [rows ?? shape.first ?? 1, columns ?? shape.last ?? 1]
      let values = try checkpoint.floats(name, shape: wanted)
      return Matrix(rows: wanted[0], columns: wanted[1], values: values)
    }

    func vector(_ name: String, count: Int) throws -> [Double] {
      try checkpoint.floats(prefix + name, shape: [count]).map(Double.init)
    }

    func logitScale() throws -> Double? {
      guard let shape = checkpoint.descriptor(of: "logit_scale")?.shape else { return nil }
      guard shape.allSatisfy({ $0 == 1 }) else { return nil }
      return exp(Double(try checkpoint.floats("logit_scale", shape: shape)[0]))
    }
  }

  /// y = W x + b.
  struct Linear: Sendable {
    let weight: Matrix
    let bias: [Double]

    init(_ reader: Reader, _ name: String, rows: Int?, columns: Int) throws {
      weight = try reader.matrix("\(name).weight", rows: rows, columns: columns)
      bias = try reader.vector("\(name).bias", count: weight.rows)
    }

    func callAsFunction(_ x: [Double]) -> [Double] { zip(weight.times(x), bias).map { $0 + $1 } }
  }

  /// y = (x - mean) / sqrt(variance + epsilon) * weight + bias.
  struct Norm: Sendable {
    let weight: [Double]
    let bias: [Double]
    let epsilon: Double

    init(_ reader: Reader, _ name: String, width: Int, epsilon: Double) throws {
      weight = try reader.vector("\(name).weight", count: width)
      bias = try reader.vector("\(name).bias", count: width)
      self.epsilon = epsilon
    }

    func callAsFunction(_ x: [Double]) -> [Double] {
      let mean = x.reduce(0, +) / Double(x.count)
      let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(x.count)
      let scale = 1 / (variance + epsilon).squareRoot()
      return x.indices.map { (x[$0] - mean) * scale * weight[$0] + bias[$0] }
    }
  }

  /// One block: attention to earlier tokens and a perceptron, each after a norm and beside a skip.
  struct Layer: Sendable {
    private let norms: [Norm]
    private let query: Linear
    private let key: Linear
    private let value: Linear
    private let out: Linear
    private let up: Linear
    private let down: Linear

    init(_ reader: Reader, _ prefix: String, width: Int, epsilon: Double) throws {
      norms = try ["layer_norm1", "layer_norm2"].map {
        try Norm(reader, prefix + $0, width: width, epsilon: epsilon)
      }
      func square(_ name: String) throws -> Linear {
        try Linear(reader, "\(prefix)self_attn.\(name)_proj", rows: width, columns: width)
      }
      query = try square("q")
      key = try square("k")
      value = try square("v")
      out = try square("out")
      up = try Linear(reader, "\(prefix)mlp.fc1", rows: nil, columns: width)
      down = try Linear(reader, "\(prefix)mlp.fc2", rows: width, columns: up.weight.rows)
    }

    /// Shape: `states` is `[N, D]`.
    func apply(_ states: inout [[Double]], heads: Int, isQuick: Bool) {
      let normed = states.map { norms[0]($0) }
      let (queries, keys, values) = (
        normed.map(query.callAsFunction), normed.map(key.callAsFunction),
        normed.map(value.callAsFunction)
      )
      let size = queries[0].count / heads
      let scale = 1 / Double(size).squareRoot()
      for token in states.indices {
        var mixed = [Double](repeating: 0, count: queries[0].count)
        for head in 0..<heads {
          let part = head * size..<(head + 1) * size
          let scores = (0...token).map { other in
            part.reduce(0.0) { $0 + queries[token][$1] * keys[other][$1] } * scale
          }
          let largest = scores.max() ?? 0
          let powers = scores.map { exp($0 - largest) }
          let sum = powers.reduce(0, +)
          for other in 0...token {
            for index in part { mixed[index] += powers[other] / sum * values[other][index] }
          }
        }
        let added = out(mixed)
        for index in added.indices { states[token][index] += added[index] }
      }
      for token in states.indices {
        let hidden = up(norms[1](states[token])).map { x in
          isQuick ? x / (1 + exp(-1.702 * x)) : 0.5 * x * (1 + erf(x / 2.0.squareRoot()))
        }
        let added = down(hidden)
        for index in added.indices { states[token][index] += added[index] }
      }
    }
  }
}
