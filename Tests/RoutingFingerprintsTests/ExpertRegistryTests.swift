import RoutingFingerprints
import Testing

@Suite struct ExpertRegistryTests {
  struct Numbers: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ state >> 29
    }
  }

  typealias Expert = (scores: RoutingScoreFingerprint, preference: RoutingPreferenceFingerprint)

  /// Experts around a few directions, as experts of a few tasks are, some of them twice, some silent.
  static func experts(_ count: Int, tasks: Int, layers: Int, seed: UInt64) -> [Expert] {
    var numbers = Numbers(state: seed)
    func table() -> [[Double]] {
      (0..<tasks).map { _ in (0..<layers).map { _ in Double.random(in: -1...1, using: &numbers) } }
    }
    let directions = (0..<4).map { _ in table() }
    var experts: [Expert] = []
    for index in 0..<count {
      if index % 17 == 16 {
        experts.append(experts[index - 9])
        continue
      }
      let own = table()
      let silent = index % 23 == 22
      let spread = Double.random(in: 0...1, using: &numbers)
      let values = (0..<tasks).map { task in
        (0..<layers).map { layer in
          silent ? 0 : directions[index % 4][task][layer] + spread * own[task][layer]
        }
      }
      let scores = RoutingScoreFingerprint(values: values)
      experts.append((scores, RoutingPreferenceFingerprint(scores, mode: .global)))
    }
    return experts
  }

  /// The definition: every expert compared, then sorted.
  static func reference(
    _ limit: Int, _ suspect: Expert, in experts: [Expert], base: JSDBase
  ) -> [(index: Int, similarity: Double)] {
    let all = experts.enumerated().map { index, expert in
      let score = expert.scores.similarity(to: suspect.scores)
      let preference = expert.preference.similarity(to: suspect.preference, base: base)
      return (index: index, similarity: (score + preference) / 2)
    }
    let sorted = all.sorted {
      $0.similarity > $1.similarity || ($0.similarity == $1.similarity && $0.index < $1.index)
    }
    return Array(sorted.prefix(limit))
  }

  @Test(
    "the closest experts are those of comparing with all, to the last bit",
    arguments: [(1, 5, 12), (7, 5, 12), (8, 1, 1), (9, 3, 2), (700, 5, 12)],
    [JSDBase.two, .natural])
  func findsWhatTheDefinitionFinds(shape: (Int, Int, Int), base: JSDBase) {
    let (count, tasks, layers) = shape
    let experts = Self.experts(count, tasks: tasks, layers: layers, seed: UInt64(count))
    var registry = ExpertRegistry()
    for expert in experts { registry.register(expert.scores, expert.preference) }
    let suspects = Self.experts(30, tasks: tasks, layers: layers, seed: 99) + experts.prefix(5)
    for suspect in suspects {
      for limit in [1, 2, 10] {
        let found = registry.closest(limit, to: suspect.scores, suspect.preference, base: base)
        let expected = Self.reference(limit, suspect, in: experts, base: base)
        #expect(found.map(\.index) == expected.map(\.index))
        #expect(found.map(\.similarity) == expected.map(\.similarity))
      }
    }
  }

  @Test("an empty registry and a limit of zero find nothing")
  func findsNothing() {
    let expert = Self.experts(1, tasks: 2, layers: 3, seed: 1)[0]
    var registry = ExpertRegistry()
    #expect(registry.closest(3, to: expert.scores, expert.preference, base: .two).isEmpty)
    registry.register(expert.scores, expert.preference)
    #expect(registry.closest(0, to: expert.scores, expert.preference, base: .two).isEmpty)
    #expect(registry.closest(3, to: expert.scores, expert.preference, base: .two).count == 1)
  }
}
