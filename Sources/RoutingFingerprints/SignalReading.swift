/// What the numbers of a fingerprint look like, whatever its trace calls them.
extension ModelFingerprint {
  /// Whether what is called logits looks like probabilities: all means lie in 0...1 and sum to 1 over
  /// experts, for every task and layer.
  ///
  /// Means of rows that sum to 1 sum to 1, so this needs no samples.
  public var looksLikeProbabilities: Bool {
    signal == .logits && experts.count > 1
      && meanLogits.allSatisfy { table in
        table.allSatisfy { $0.allSatisfy { (-1e-6...1 + 1e-3).contains($0) } }
          && (0..<layerCount).allSatisfy { layer in
            abs(table.reduce(0) { $0 + $1[layer] } - 1) <= 2e-3
          }
      }
  }

  /// Whether what is called logits sums to 1 over layers for every task and expert, which no logits do:
  /// the trace was written as `[S, L, E]`.
  public var looksTransposed: Bool {
    signal != .weights && layerCount > 1 && !looksLikeProbabilities
      && meanLogits.allSatisfy { table in
        table.allSatisfy { row in
          row.allSatisfy { (-1e-6...1 + 1e-3).contains($0) } && abs(row.reduce(0, +) - 1) <= 2e-3
        }
      }
  }

  /// The output bias with which gates are initialised.
  private static let initialBias = 0.3

  /// Whether the routers were untrained: the trace says so, or every mean logit is what an initialised
  /// gate gives, 0.3 up to its random weights of standard deviation 0.01.
  public var hasUntrainedRouter: Bool {
    if let state = description.routerState { return state == .untrained }
    return signal == .logits
      && meanLogits.allSatisfy { table in
        table.allSatisfy { $0.allSatisfy { abs($0 - Self.initialBias) <= 0.1 } }
      }
  }
}
