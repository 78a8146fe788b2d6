import Statistics

extension CalibrationResults {
  /// One thing that calibrated attribution promises, and what the test measured.
  public struct Criterion: Sendable, Hashable, Codable {
    /// What is promised.
    public let promise: String
    /// What was measured.
    public let measured: String
    /// Whether it holds.
    public let holds: Bool

    /// The criteria that the tested experts can speak to.
    static func all(functional: [Expert], routed: [Expert], models: [Model]) -> [Criterion] {
      let innocents = functional.filter(\.kind.isSameTaskInnocent)
      let reused = functional.filter { $0.kind == .reused }
      return [
        calledReuse(innocents),
        accused(innocents, "White box", "pooled ranks", at: 0.05, \.pooledP),
        accused(innocents, "White box", "the tail", at: 0.01, \.tailP),
        separation(reused: reused, innocents: innocents),
        found(functional), hiddenFound(functional), routedModels(models), routedExperts(routed),
        accused(
          routed.filter(\.kind.isSameTaskInnocent), "Grey box", "the tail", at: 0.01, \.tailP),
        innocentModels(models, routed),
      ].compactMap { $0 }
    }

    private static func calledReuse(_ innocents: [Expert]) -> Criterion? {
      guard !innocents.isEmpty else { return nil }
      let count = innocents.filter(\.isCalledReuse).count
      return Criterion(
        promise: "White box: no innocent is called unlike other people's work.",
        measured: "\(count) of \(innocents.count)", holds: count == 0)
    }

    /// A count of false accusations is refused when so many would be rarer than 2.5 %.
    private static func accused(
      _ innocents: [Expert], _ examiner: String, _ how: String, at level: Double,
      _ pValue: (Expert) -> Double?
    ) -> Criterion? {
      let values = innocents.compactMap(pValue)
      guard !values.isEmpty else { return nil }
      let count = values.filter { $0 <= level }.count
      let chance = BinomialBound.upperTail(events: count, trials: values.count, rate: level)
      return Criterion(
        promise: "\(examiner): at most \(percent(level)) of innocents are accused by \(how).",
        measured: "\(count) of \(values.count)", holds: chance > 0.025)
    }

    private static func separation(reused: [Expert], innocents: [Expert]) -> Criterion? {
      let values = reused.compactMap(\.tailP).sorted()
      guard !values.isEmpty, !innocents.isEmpty else { return nil }
      let needed = Int((0.95 * Double(values.count)).rounded(.up))
      let threshold = values[max(needed - 1, 0)]
      let count = innocents.filter { ($0.tailP ?? 1) <= threshold }.count
      return Criterion(
        promise: "White box: the threshold that finds 95 % of reuse accuses no innocent.",
        measured: "\(count) of \(innocents.count) at p = \(scientific(threshold))",
        holds: count == 0)
    }

    private static func found(_ experts: [Expert]) -> Criterion? {
      let groups = GroupCount.all(experts.filter { $0.kind == .reused })
      guard !groups.isEmpty else { return nil }
      let missed = groups.filter { Double($0.calledReuse) < 0.95 * Double($0.count) }
      let texts = missed.map { "\($0.title) \($0.calledReuse)/\($0.count)" }
      return Criterion(
        promise: "White box: 95 % of each kind of reuse are found at 1 %.",
        measured: missed.isEmpty
          ? "all \(groups.count) kinds" : "not: " + texts.joined(separator: ", "),
        holds: missed.isEmpty)
    }

    private static func hiddenFound(_ experts: [Expert]) -> Criterion? {
      let groups = GroupCount.all(experts.filter { $0.group == "tuned-2x-wanda-50" })
      guard let group = groups.first else { return nil }
      return Criterion(
        promise: "White box: 80 % of experts fine-tuned 2x and pruned by half are found at 1 %.",
        measured: "\(group.calledReuse) of \(group.count)",
        holds: Double(group.calledReuse) >= 0.8 * Double(group.count))
    }

    private static func routedModels(_ models: [Model]) -> Criterion? {
      let reused = models.filter { $0.kind == .reused }
      guard !reused.isEmpty else { return nil }
      let found = reused.filter { ($0.tailP ?? 1) <= 0.01 }.count
      return Criterion(
        promise: "Grey box: every model with a retrained router is found at 1 %.",
        measured: "\(found) of \(reused.count)", holds: found == reused.count)
    }

    /// Merges of innocents alone: a merge with one reused expert is rightly found.
    private static func innocentModels(_ models: [Model], _ routed: [Expert]) -> Criterion? {
      let innocents = models.filter { model in
        model.kind.isSameTaskInnocent
          && !routed.contains { $0.group == model.name && $0.kind == .reused }
      }
      guard !innocents.isEmpty else { return nil }
      let accused = innocents.filter { ($0.tailP ?? 1) <= 0.01 }.count
      return Criterion(
        promise: "Grey box: no merge of innocents is accused at 1 %.",
        measured: "\(accused) of \(innocents.count)", holds: accused == 0)
    }

    private static func routedExperts(_ experts: [Expert]) -> Criterion? {
      let reused = experts.filter { $0.kind == .reused }
      guard !reused.isEmpty else { return nil }
      let found = reused.filter { ($0.tailP ?? 1) <= 0.01 }.count
      return Criterion(
        promise: "Grey box: 60 % of experts under a retrained router are found at 1 %.",
        measured: "\(found) of \(reused.count)",
        holds: Double(found) >= 0.6 * Double(reused.count))
    }

    private static func percent(_ level: Double) -> String { "\(Int((level * 100).rounded())) %" }

    /// Two significant digits.
    private static func scientific(_ value: Double) -> String {
      guard value > 0 else { return "0" }
      var (mantissa, exponent) = (value, 0)
      while mantissa < 1 {
        mantissa *= 10
        exponent -= 1
      }
      let digits = (mantissa * 10).rounded() / 10
      return exponent == 0 ? "\(digits)" : "\(digits)e\(exponent)"
    }
  }
}
