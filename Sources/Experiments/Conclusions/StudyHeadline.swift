import Reports

/// What a study comes to, in a few sentences and numbers.
struct StudyHeadline: Sendable {
  /// A kind of expert, over all suspects: how many there are and how many are accused.
  struct Kind: Sendable, Hashable {
    let name: String
    let experts: [ExpertResult]

    var count: Int { experts.count }
    /// "matches the routing".
    var accused: Int { experts.filter(\.isAccused).count }
    var mean: Double? {
      experts.isEmpty ? nil : experts.map(\.similarity).reduce(0, +) / Double(count)
    }
  }

  let claims: [StudyClaim]
  /// Reuse under the victim's own gates.
  let keptReuse: Kind
  /// Reuse under gates that somebody trained anew.
  let retrainedReuse: Kind
  /// Experts of other parties on the victim's tasks.
  let innocents: Kind
  /// Experts of other tasks.
  let strangers: Kind
  /// Columns of reused experts of one victim expert, and how many have it as their best match.
  let columns: (right: Int, all: Int)
  private let curve: MethodCurve?

  init(_ results: StudyResults) {
    claims = StudyClaim.all(results)
    // The victim itself is no suspect.
    let suspects = results.suspects.filter { $0.name != "victim" }
    func kind(
      _ name: String, _ truth: ExpertResult.Truth, _ router: StudyPlan.Suspect.Router? = nil
    ) -> Kind {
      Kind(
        name: name,
        experts: suspects.filter { router == nil || $0.router == router }
          .flatMap { $0.experts.filter { $0.truth == truth } })
    }
    keptReuse = kind("reused, router kept", .reuse, .kept)
    retrainedReuse = kind("reused, router retrained", .reuse, .retrained)
    innocents = kind("independent, same task", .independent)
    strangers = kind("independent, other task", .stranger)
    columns = suspects.compactMap(\.rightColumns).reduce((0, 0)) {
      ($0.0 + $1.right, $0.1 + $1.all)
    }
    curve = results.curves.first { $0.method == StudyMethod.routeMark.title }
  }

  var kinds: [Kind] {
    [keptReuse, retrainedReuse, innocents, strangers].filter { !$0.experts.isEmpty }
  }

  func count(_ outcome: StudyClaim.Outcome) -> Int {
    claims.filter { $0.outcome == outcome }.count
  }

  /// What of the paper was found again.
  var reproduced: String {
    "reused experts match their own victim expert best, whatever was done to them. "
      + "\(claims.count - count(.untested)) claims of the paper were held against the study:"
  }

  /// What became of innocents; `nil` when the plan has none.
  var leftOut: String? {
    guard let mean = innocents.mean else { return nil }
    let others = retrainedReuse.mean.map {
      "; reuse under a retrained router reads \(FixedDigits.text($0))"
    }
    return "experts that other people trained on their own, from the public base model on the same "
      + "tasks, read \u{201C}matches the routing\u{201D} too. Their mean similarity is "
      + "\(FixedDigits.text(mean))\(others ?? "")."
  }

  /// What follows from it, in plain words.
  var lesson: String? {
    guard innocents.count > 0 else { return nil }
    if innocents.accused == 0 {
      return "In this study no innocent expert is accused; that holds for these models only."
    }
    return 2 * innocents.accused >= innocents.count
      ? "RouteMark recognises the task an expert was trained for, not who trained it. The paper does "
        + "not try this."
      : "Some innocents look like copies. The paper does not try this."
  }

  /// How the ROC changes when innocents are among the negatives.
  var separation: String? {
    guard let with = curve?.withInnocents, let without = curve?.withoutInnocents else { return nil }
    let found = with.truePositiveRate(atFalsePositiveRate: 0.05)
    return
      "RouteMark's area under the ROC curve is \(FixedDigits.text(without.area)) against experts "
      + "of other tasks and \(FixedDigits.text(with.area)) once innocents of the same tasks are among "
      + "the others; a threshold that accuses at most 5 % of the others then finds "
      + "\(FixedDigits.text(100 * found, digits: 0)) % of the reused experts."
  }
}

extension ExpertResult {
  /// What RouteMark says of it, without the expert and the reason.
  var kind: VerdictKind { VerdictKind(describedAs: verdict) ?? .inconclusive }
  /// Whether its routing matches, or it reads "matches the routing".
  var isAccused: Bool { kind == .consistent || kind == .matches }
}

extension ExpertResult.Truth {
  /// In words.
  var words: String {
    switch self {
    case .reuse: "reused"
    case .independent: "independent, same task"
    case .stranger: "independent, other task"
    }
  }

  /// In the words of a narrow cell.
  var shortWords: String {
    switch self {
    case .reuse: "reused"
    case .independent: "independent"
    case .stranger: "other task"
    }
  }
}
