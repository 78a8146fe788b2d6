/// What training minimises, for one sample with class probabilities p = softmax(logits).
package enum Objective: Sendable, Equatable {
  /// Cross entropy with label smoothing a: -sum_c q_c log p_c, where q is 1 - a at the label plus
  /// a / C everywhere (Szegedy et al. 2016; PyTorch's `label_smoothing`). With a teacher's
  /// probabilities t, q is (1 - a) t plus a / C.
  case crossEntropy(smoothing: Double)
  /// The entropy -sum_c p_c log p_c, which needs no label.
  case entropy

  /// Cross entropy with a checked share of smoothing.
  ///
  /// - Throws: ``TrainingError/invalidHyperparameter(name:value:requirement:)``.
  static func labels(smoothing: Double) throws(TrainingError) -> Objective {
    guard (0..<1).contains(smoothing) else {
      throw .invalidHyperparameter(
        name: "label smoothing", value: "\(smoothing)", requirement: "at least 0, below 1")
    }
    return .crossEntropy(smoothing: smoothing)
  }

  /// The loss, and its gradient `scale * dL/dlogits` in place of the logits.
  ///
  /// Numerics: in Double; the largest logit is subtracted first.
  func evaluate(
    _ logits: UnsafeMutablePointer<Float>, classes: Int, target: SampleTarget, scale: Double
  ) -> Double {
    var largest = -Double.infinity
    for c in 0..<classes { largest = max(largest, Double(logits[c])) }
    var sum = 0.0
    for c in 0..<classes { sum += exponential(Double(logits[c]) - largest) }
    let logSum = largest + logarithm(sum)
    switch self {
    case .crossEntropy(let smoothing):
      var loss = 0.0
      for c in 0..<classes {
        let logProbability = Double(logits[c]) - logSum
        let share = smoothing / Double(classes) + (1 - smoothing) * target.share(of: c)
        loss -= share * logProbability
        logits[c] = Float(scale * (exponential(logProbability) - share))
      }
      return loss
    case .entropy:
      var loss = 0.0
      for c in 0..<classes {
        let logProbability = Double(logits[c]) - logSum
        loss -= exponential(logProbability) * logProbability
      }
      // d/dz_c of the entropy is -p_c (log p_c + entropy).
      for c in 0..<classes {
        let logProbability = Double(logits[c]) - logSum
        logits[c] = Float(-scale * exponential(logProbability) * (logProbability + loss))
      }
      return loss
    }
  }
}

extension SampleTarget {
  /// How much of the target a class has.
  fileprivate func share(of index: Int) -> Double {
    switch self {
    case .label(let label): index == label ? 1 : 0
    case .probabilities(let probabilities): probabilities[index]
    }
  }
}
