import Foundation

/// How a router's logits become the experts of a token and their weights.
///
/// Equation: s = score(z); C = the k experts of largest s + b (b the correction, within kept groups);
/// w_i = scale * normalised s_i, i in C
/// Shapes: z and b [E]; units: none.
/// Source: the routers of transformers 5.24; with softmax over the chosen, s is the logit itself.
public struct ExpertScoring: Sendable, Hashable {
  /// What an expert is chosen by.
  public enum Score: Sendable, Hashable {
    /// softmax over all experts
    case softmax
    /// The logistic function of each.
    case sigmoid
    /// The logit.
    case logit
    /// SparseMixer-v2 (Liu et al., 2024): one expert after the other, each weighed among those within
    /// `2 * jitter` of the largest.
    case sparseMixer(jitter: Float)
  }

  /// What chosen scores are made into.
  public enum Normalization: Sendable, Hashable {
    /// They stay.
    case none
    /// They are divided by their sum.
    case sum
    /// softmax over the chosen
    case softmax
    /// The logistic function of each.
    case sigmoid
  }

  /// By what a group of experts is kept.
  public enum GroupScore: Sendable, Hashable {
    /// Its largest score; experts of other groups count as 0.
    case largest
    /// The sum of its two largest; experts of other groups are never chosen.
    case twoLargest
  }

  /// Groups of neighbouring experts, of which some are kept.
  public struct Groups: Sendable, Hashable {
    /// How many groups there are.
    public let count: Int
    /// How many are kept.
    public let kept: Int
    /// By what.
    public let score: GroupScore
  }

  /// What an expert is chosen by.
  public let score: Score
  /// What chosen scores are made into.
  public let normalization: Normalization
  /// k.
  public let chosenCount: Int
  /// Groups, if any.
  public let groups: Groups?
  /// Whether the correction of the router is added for choosing.
  public let addsCorrection: Bool
  /// What all weights are multiplied by.
  public let scale: Float
  /// What is added to a sum before weights are divided by it.
  public let epsilon: Float

  /// The experts of one token, the largest choice score first, and their weights.
  ///
  /// Numerics: single precision, as the frameworks compute it.
  ///
  /// - Parameters:
  ///   - logits: `[E]`, finite.
  ///   - correction: `[E]`, where the family has one.
  /// - Precondition: `correction` has E numbers if it is there; groups divide E.
  public func choose(
    _ logits: [Float], correction: [Float]? = nil
  ) -> (experts: [Int], weights: [Float]) {
    precondition(correction.map { $0.count == logits.count } ?? true, "a correction an expert")
    if case .sparseMixer(let jitter) = score { return sparselyMixed(logits, jitter: jitter) }
    let scores = scored(logits)
    var choice = scores
    if addsCorrection, let correction { choice = zip(scores, correction).map { $0 + $1 } }
    if let groups { choice = Self.masked(choice, groups) }
    let experts = Self.largest(choice, min(chosenCount, logits.count))
    var weights = experts.map { scores[$0] }
    switch normalization {
    case .none: break
    case .sum:
      let total = weights.reduce(0, +) + epsilon
      weights = weights.map { $0 / total }
    case .softmax: weights = Self.softmax(weights)
    case .sigmoid: weights = weights.map { 1 / (1 + Foundation.exp(-$0)) }
    }
    return (experts, weights.map { $0 * scale })
  }

  private func scored(_ logits: [Float]) -> [Float] {
    switch score {
    case .softmax: Self.softmax(logits)
    case .sigmoid: logits.map { 1 / (1 + Foundation.exp(-$0)) }
    case .logit, .sparseMixer: logits
    }
  }

  private static func masked(_ choice: [Float], _ groups: Groups) -> [Float] {
    precondition(groups.count > 0 && choice.count % groups.count == 0, "groups divide the experts")
    let size = choice.count / groups.count
    let totals = (0..<groups.count).map { group -> Float in
      let members = choice[group * size..<(group + 1) * size].sorted(by: >)
      return groups.score == .largest
        ? members.first ?? 0 : members.prefix(2).reduce(0, +)
    }
    let kept = Set(largest(totals, groups.kept))
    return choice.indices.map {
      kept.contains($0 / size) ? choice[$0] : groups.score == .largest ? 0 : -.infinity
    }
  }

  private func sparselyMixed(
    _ logits: [Float], jitter: Float
  ) -> (experts: [Int], weights: [Float]) {
    var (experts, weights): ([Int], [Float]) = ([], [])
    var open = logits
    for _ in 0..<min(chosenCount, logits.count) {
      guard let best = Self.largest(open, 1).first else { break }
      let top = open[best]
      let near = open.indices.map { place -> Float in
        let factor = max(abs(logits[place]), top)
        return (top - logits[place]) / factor > 2 * jitter ? -.infinity : open[place]
      }
      experts.append(best)
      weights.append(Self.softmax(near)[best])
      open[best] = -.infinity
    }
    return (experts, weights)
  }

  private static func largest(_ values: [Float], _ count: Int) -> [Int] {
    Array(values.indices.sorted { (values[$1], $0) < (values[$0], $1) }.prefix(count))
  }

  private static func softmax(_ values: [Float]) -> [Float] {
    let top = values.max() ?? 0
    let powers = values.map { Foundation.exp($0 - top) }
    let total = powers.reduce(0, +)
    return powers.map { $0 / total }
  }
}
