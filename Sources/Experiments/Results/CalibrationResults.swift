import Reports
import Statistics

/// What calibrated attribution says of innocents and of reuse: the test of its error rates.
public struct CalibrationResults: Sendable, Hashable, Codable {
  /// What a tested expert is.
  public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
    /// The victim's, or a descendant of it.
    case reused
    /// A descendant that may hide.
    case hidden
    /// Trained on the same task by the nulls' own recipe, and not a null.
    case innocent
    /// Trained on the same task by another recipe.
    case otherInnocent = "other innocent"
    /// Of another task.
    case stranger
  }

  /// One expert that was tested by itself.
  public struct Expert: Sendable, Hashable, Codable {
    /// The variant or the innocent, as in `calibration` of the plan.
    public let group: String
    /// That in words.
    public let title: String
    /// What it is.
    public let kind: Kind
    /// Its task.
    public let task: String
    /// The victim's expert it was tested against; `nil` when there was none to test against.
    public let victimExpert: String?
    /// The cosine with nothing projected out.
    public let plain: Double?
    /// The residual similarity.
    public let score: Double?
    /// The rank among the nulls of its task.
    public let withinTaskP: Double?
    /// The rank among the nulls of all tasks.
    public let pooledP: Double?
    /// The tail beyond it.
    public let tailP: Double?
    /// The verdict.
    public let verdict: String
    /// The paper's similarity, where a merge with it was captured.
    public let routeMark: Double?

    package init(
      group: String, title: String, kind: Kind, task: String, victimExpert: String?,
      plain: Double?, score: Double?, withinTaskP: Double?, pooledP: Double?, tailP: Double?,
      verdict: String, routeMark: Double?
    ) {
      self.group = group
      self.title = title
      self.kind = kind
      self.task = task
      self.victimExpert = victimExpert
      self.plain = plain
      self.score = score
      self.withinTaskP = withinTaskP
      self.pooledP = pooledP
      self.tailP = tailP
      self.verdict = verdict
      self.routeMark = routeMark
    }
  }

  /// One suspect as a whole.
  public struct Model: Sendable, Hashable, Codable {
    /// Its name in the plan.
    public let name: String
    /// In words.
    public let title: String
    /// What most of its experts are.
    public let kind: Kind
    /// The mean residual similarity of its matched experts.
    public let score: Double?
    /// The rank among the null merges.
    public let withinTaskP: Double?
    /// The tail beyond it.
    public let tailP: Double?
    /// The verdict.
    public let verdict: String

    package init(
      name: String, title: String, kind: Kind, score: Double?, withinTaskP: Double?,
      tailP: Double?, verdict: String
    ) {
      self.name = name
      self.title = title
      self.kind = kind
      self.score = score
      self.withinTaskP = withinTaskP
      self.tailP = tailP
      self.verdict = verdict
    }
  }

  /// White box: every expert by itself.
  public let functional: [Expert]
  /// Grey box: experts of merges, by their routing.
  public let routed: [Expert]
  /// Grey box: merges as wholes.
  public let models: [Model]
  /// What the nulls' recipes were drawn from.
  public let recipes: String
  /// Nulls of each task.
  public let nullCount: Int
  /// Counts for each group, white box, then grey box.
  public let functionalGroups, routedGroups: [GroupCount]
  /// How often innocents are accused.
  public let innocents: [InnocentCount]
  /// How well scores tell reuse from innocents.
  public let curves: [ScoreCurve]
  /// The criteria of the test and whether they are met.
  public let criteria: [Criterion]

  /// Counts and curves of tested experts.
  public init(
    functional: [Expert], routed: [Expert], models: [Model], recipes: String, nullCount: Int
  ) {
    self.functional = functional
    self.routed = routed
    self.models = models
    self.recipes = recipes
    self.nullCount = nullCount
    functionalGroups = GroupCount.all(functional)
    routedGroups = GroupCount.all(routed)
    innocents =
      InnocentCount.all(functional, level: "white box")
      + InnocentCount.all(routed, level: "grey box")
    curves = ScoreCurve.all(functional: functional, routed: routed)
    criteria = Criterion.all(functional: functional, routed: routed, models: models)
  }
}

extension CalibrationResults.Kind {
  /// Whether its makers did nothing.
  var isInnocent: Bool { isSameTaskInnocent || self == .stranger }

  /// Whether it is others' work on a task of the victim's.
  var isSameTaskInnocent: Bool { self == .innocent || self == .otherInnocent }
}

extension CalibrationResults.Expert {
  /// Whether the verdict is that it is unlike other people's work; older studies said "consistent with
  /// reuse".
  var isCalledReuse: Bool {
    [.unlike, .consistent].contains(VerdictKind(describedAs: verdict))
  }
}

extension CalibrationResults {
  /// One group of experts of one kind: how many are found at which level.
  public struct GroupCount: Sendable, Hashable, Codable {
    /// The group, and in words.
    public let group, title: String
    /// What its experts are.
    public let kind: Kind
    /// How many there are.
    public let count: Int
    /// How many are called unlike other people's work.
    public let calledReuse: Int
    /// How many have a tail of at most 1 %.
    public let atOnePercent: Int
    /// How many have a tail of at most 5 %.
    public let atFivePercent: Int
    /// The residual similarities' least, mean and largest.
    public let least, mean, largest: Double
    /// The mean of the paper's similarity, where it was measured.
    public let routeMark: Double?

    static func all(_ experts: [Expert]) -> [GroupCount] {
      var order: [[String]] = []
      func key(_ expert: Expert) -> [String] { [expert.group, expert.kind.rawValue] }
      for expert in experts where !order.contains(key(expert)) { order.append(key(expert)) }
      return order.compactMap { group in GroupCount(experts.filter { key($0) == group }) }
    }

    private init?(_ experts: [Expert]) {
      guard let first = experts.first else { return nil }
      let scores = experts.compactMap(\.score)
      let similarities = experts.compactMap(\.routeMark)
      group = first.group
      title = first.title
      kind = first.kind
      count = experts.count
      calledReuse = experts.filter(\.isCalledReuse).count
      atOnePercent = experts.filter { ($0.tailP ?? 1) <= 0.01 }.count
      atFivePercent = experts.filter { ($0.tailP ?? 1) <= 0.05 }.count
      least = scores.min() ?? 0
      largest = scores.max() ?? 0
      mean = scores.isEmpty ? 0 : scores.reduce(0, +) / Double(scores.count)
      routeMark =
        similarities.isEmpty ? nil : similarities.reduce(0, +) / Double(similarities.count)
    }
  }

  /// How often innocents are accused, and whether their p-values look uniform.
  public struct InnocentCount: Sendable, Hashable, Codable {
    /// What the examiner sees.
    public let level: String
    /// Which innocents.
    public let kind: Kind
    /// How many there are.
    public let count: Int
    /// How many the pooled rank accuses at 5 %.
    public let pooledAtFivePercent: Int
    /// How many the tail accuses at 1 %.
    public let tailAtOnePercent: Int
    /// The largest false-accusation rate at 1 % that the count allows, 95 % confident.
    public let tailRateBound: Double
    /// Whether tails look uniform (Kolmogorov and Smirnov).
    public let tailUniformP: Double?
    /// How far tails are too small: max over p of F(p) - p.
    public let tailExcess: Double?

    static func all(_ experts: [Expert], level: String) -> [InnocentCount] {
      Kind.allCases.filter(\.isSameTaskInnocent).compactMap { kind in
        InnocentCount(experts.filter { $0.kind == kind }, kind, level: level)
      }
    }

    private init?(_ experts: [Expert], _ kind: Kind, level: String) {
      guard !experts.isEmpty else { return nil }
      let tails = experts.compactMap(\.tailP)
      let uniform = KolmogorovSmirnov(uniform: tails)
      self.level = level
      self.kind = kind
      count = experts.count
      pooledAtFivePercent = experts.filter { ($0.pooledP ?? 1) <= 0.05 }.count
      tailAtOnePercent = tails.filter { $0 <= 0.01 }.count
      tailRateBound = BinomialBound.upper(
        events: tailAtOnePercent, trials: experts.count, confidence: 0.95)
      tailUniformP = uniform?.pValue
      tailExcess = uniform?.excess
    }
  }

  /// How well one score tells reuse from innocents of the same tasks.
  public struct ScoreCurve: Sendable, Hashable, Codable {
    /// The score.
    public let score: String
    /// The curve.
    public let curve: ReceiverOperatingCurve

    static func all(functional: [Expert], routed: [Expert]) -> [ScoreCurve] {
      func curve(
        _ name: String, _ experts: [Expert], _ value: (Expert) -> Double?
      ) -> ScoreCurve? {
        func values(_ isWanted: (Kind) -> Bool) -> [Double] {
          experts.filter { isWanted($0.kind) }.compactMap(value)
        }
        return ReceiverOperatingCurve(
          positives: values { $0 == .reused },
          negatives: values(\.isSameTaskInnocent)
        ).map { ScoreCurve(score: name, curve: $0) }
      }
      return [
        curve(functionalScore, functional) { $0.tailP.map { -$0 } },
        curve("functional residual", functional, \.score),
        curve("functional, nothing projected out", functional, \.plain),
        curve("routing residual, p", routed) { $0.tailP.map { -$0 } },
        curve(paperScore, functional, \.routeMark),
      ].compactMap { $0 }
    }
  }
}
