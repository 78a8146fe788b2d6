import Reports

extension CalibrationResults.Kind {
  /// What an expert is, in words.
  var words: String {
    switch self {
    case .reused: "reuse"
    case .hidden: "reuse that may hide"
    case .innocent: "innocent, the nulls\u{2019} recipe"
    case .otherInnocent: "innocent, another recipe"
    case .stranger: "another task"
    }
  }
}

extension CalibrationResults {
  /// What the whole test shows, in one or two sentences.
  package var headline: String {
    let reused = functional.filter { $0.kind == .reused }
    let innocents = functional.filter(\.kind.isSameTaskInnocent)
    func area(_ score: String) -> String? {
      curves.first { $0.score == score }.map { curve in
        "\(StudyClaim.digits(curve.curve.area)) (\(curve.curve.positiveCount) against "
          + "\(curve.curve.negativeCount))"
      }
    }
    let areas = area(Self.functionalScore).flatMap { own in
      area(Self.paperScore).map { paper in
        " The area under the ROC curve of reuse against innocents is \(own) with the functional residual "
          + "and \(paper), of those in captured merges, with the paper\u{2019}s similarity."
      }
    }
    return "With weights and \(nullCount) null experts a task, \(found(reused)) of \(reused.count) "
      + "reused experts are called unlike other people's work at the 1 % level, and \(found(innocents)) of "
      + "\(innocents.count) innocents of the same tasks."
      + (areas ?? "")
  }

  /// Where reuse is missed, where innocents are accused, where p-values are not even, and what is promised
  /// in vain.
  package var failures: [String] {
    missed("white box", functionalGroups) + missed("grey box", routedGroups)
      + innocents.flatMap { count -> [String] in
        let who = "\(count.level), \(count.kind.words)"
        let accused =
          count.tailAtOnePercent == 0
          ? [] : ["\(who): p of at most 1 % for \(count.tailAtOnePercent) of \(count.count)"]
        guard let even = count.tailUniformP, even <= 0.05 else { return accused }
        return accused + ["\(who): p-values are not even (p \(PValueText.of(even)))"]
      }
      + criteria.filter { !$0.holds }.map { "\($0.promise) Measured: \($0.measured)" }
  }

  private func missed(_ level: String, _ groups: [GroupCount]) -> [String] {
    groups.filter {
      ($0.kind == .reused || $0.kind == .hidden)
        && Double($0.calledReuse) < 0.95 * Double($0.count)
    }.map {
      "\(level), \($0.title): \($0.calledReuse) of \($0.count) called unlike other people's work, "
        + "\($0.atOnePercent) with p of at most 1 %, residual similarity \(StudyClaim.digits($0.least)) to "
        + "\(StudyClaim.digits($0.largest))"
    }
  }

  private func found(_ experts: [Expert]) -> Int {
    experts.filter(\.isCalledReuse).count
  }

  /// The score that white-box verdicts rest on.
  static let functionalScore = "functional residual, p"
  /// The score of the paper, beside which the others stand.
  static let paperScore = "RouteMark, the same experts merged"
}
