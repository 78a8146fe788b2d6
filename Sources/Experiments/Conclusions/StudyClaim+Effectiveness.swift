/// Sections 4.1 and 5.2: what routing shows, and whom it points at.
extension StudyClaim {
  static func taskAlignedRouting(_ results: StudyResults) -> StudyClaim? {
    let own = results.expertsOnOwnTask
    guard own.all > 0 else { return nil }
    return StudyClaim(
      "Each expert's routing weight is largest on its own training data.", "4.1, Fig. 2b",
      "\(own.right) of \(own.all) experts, mean over layers",
      rule: "all; in part: more than half", holds: own.right == own.all,
      inPart: 2 * own.right > own.all)
  }

  static func reusedAreMatched(_ results: StudyResults) -> StudyClaim? {
    let columns = results.suspects.filter { $0.name != "victim" }.compactMap(\.rightColumns)
    let (right, all) = columns.reduce((0, 0)) { ($0.0 + $1.right, $0.1 + $1.all) }
    guard all > 0 else { return nil }
    return StudyClaim(
      "Reused experts match their own victim expert best, under all tamperings.", "5.2",
      "\(right) of \(all) columns", rule: "all columns; in part: 9 of 10", holds: right == all,
      inPart: 10 * right >= 9 * all)
  }

  static func offDiagonal(_ results: StudyResults) -> StudyClaim? {
    guard let victim = results.suspect("victim") else { return nil }
    let others = victim.similarity.enumerated().flatMap { row, values in
      values.enumerated().filter { $0.offset != row }.map(\.element)
    }
    guard let largest = others.max() else { return nil }
    let below = others.filter { $0 < 0.2 }.count
    return StudyClaim(
      "Within the victim most similarities of different experts are below 0.20.", "5.2, Fig. 3a",
      "\(below) of \(others.count), the largest \(digits(largest))",
      rule: "more than half; in part: their mean is below 0.25", holds: 2 * below > others.count,
      inPart: others.reduce(0, +) / Double(others.count) < 0.25)
  }

  static func margins(_ results: StudyResults) -> StudyClaim? {
    let margins = results.suspects(results.plan.figures.matrices)
      .filter { $0.name != "victim" }
      .flatMap { $0.experts.filter { $0.truth == .reuse }.compactMap(\.margin) }.sorted()
    guard !margins.isEmpty else { return nil }
    let above = margins.filter { $0 > 0.6 }.count
    let median = margins[margins.count / 2]
    return StudyClaim(
      "The majority of reused experts lead by more than 0.6.", "5.2, Fig. 3",
      "\(above) of \(margins.count), median \(digits(median)), least \(digits(margins[0]))",
      rule: "more than half; in part: the median is above 0.5", holds: 2 * above > margins.count,
      inPart: median > 0.5)
  }

  static func newcomers(_ results: StudyResults) -> StudyClaim? {
    let figures = results.plan.figures
    let margins = results.suspects(figures.added + figures.replaced)
      .flatMap { $0.experts.filter { $0.truth == .stranger }.compactMap(\.margin) }
    guard let largest = margins.max() else { return nil }
    return StudyClaim(
      "New experts have no clear match: margins of 0.06 to 0.10.", "5.2, Fig. 3e, f",
      "\(margins.count) columns, margins up to \(digits(largest))",
      rule: "all at most 0.15; in part: all below the 0.35 of \u{201C}consistent\u{201D}",
      holds: largest <= 0.15, inPart: largest < 0.35)
  }

  static func innocents(_ results: StudyResults) -> StudyClaim? {
    let innocents = results.suspects.flatMap { $0.experts.filter { $0.truth == .independent } }
    guard !innocents.isEmpty else { return nil }
    let accused = innocents.filter(\.isAccused).count
    let mean = innocents.map(\.similarity).reduce(0, +) / Double(innocents.count)
    return StudyClaim(
      "Unrelated experts are clearly separated from reused ones (innocents were not tried).",
      "abstract, 5.2",
      "\(accused) of \(innocents.count) independent experts of the same tasks accused, mean "
        + "similarity \(digits(mean))",
      rule: "none accused; in part: fewer than half", holds: accused == 0,
      inPart: 2 * accused < innocents.count)
  }
}

extension StudyResults {
  /// Experts of the victim whose routing weight, as a mean over layers, is largest on their own task.
  var expertsOnOwnTask: (right: Int, all: Int) {
    let right = routingWeights.enumerated().filter { expert, tasks in
      let means = tasks.map { $0.reduce(0, +) / Double(max($0.count, 1)) }
      return means.indices.contains(expert) && means[expert] == means.max()
    }
    return (right.count, routingWeights.count)
  }
}
