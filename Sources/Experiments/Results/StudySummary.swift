import Reports

/// A study as text for a terminal: a line a suspect, and how well methods tell reuse from the rest.
public struct StudySummary: Sendable {
  private let results: StudyResults

  /// A summary of results.
  public init(_ results: StudyResults) { self.results = results }

  /// The summary.
  ///
  /// - Parameters:
  ///   - width: the columns of a line.
  ///   - colour: whether to write escape sequences for colour.
  public func render(width: Int, colour: Bool) -> String {
    [
      suspects.render(width: width, colour: colour), curves.render(width: width, colour: colour),
      accuracies.render(width: width, colour: colour), claims.render(width: width, colour: colour),
    ].joined(separator: "\n")
      + (results.calibration.map { calibration in
        "\n" + criteria(calibration).render(width: width, colour: colour)
      } ?? "")
  }

  private func criteria(_ calibration: CalibrationResults) -> TextTable {
    var table = TextTable([
      .leading("calibrated attribution"), .leading("measured"), .leading("holds", canShrink: false),
    ])
    for criterion in calibration.criteria {
      table.append([
        TextTable.Cell(criterion.promise), TextTable.Cell(criterion.measured),
        TextTable.Cell(criterion.holds ? "yes" : "no"),
      ])
    }
    return table
  }

  private var suspects: TextTable {
    var table = TextTable([
      .leading("suspect"), .leading("router", canShrink: false), .trailing("similarity"),
      .trailing("least lead"), .trailing("right"), .trailing("accused"), .trailing("REEF"),
      .trailing("PCS-M"), .trailing("PCS-E"),
    ])
    for suspect in results.suspects {
      table.append([
        TextTable.Cell(suspect.title), TextTable.Cell(suspect.router.rawValue),
        number(suspect.meanOwn(\.ownSimilarity)), number(suspect.leastReusedMargin),
        TextTable.Cell(suspect.rightColumns.map { "\($0.right)/\($0.all)" } ?? "-"),
        TextTable.Cell(suspect.accusedOthers.map { "\($0.accused)/\($0.all)" } ?? "-"),
        number(suspect.reef), number(suspect.modelPCS), number(suspect.meanOwn(\.ownPCS)),
      ])
    }
    return table
  }

  private var curves: TextTable {
    var table = TextTable([
      .leading("method"), .trailing("AUC"), .trailing("found at 1 %"), .trailing("at 5 %"),
      .trailing("with innocents: AUC"), .trailing("at 1 %"), .trailing("at 5 %"),
    ])
    for curve in results.curves {
      let cells = [curve.withoutInnocents, curve.withInnocents].flatMap { curve in
        [
          number(curve?.area), number(curve?.truePositiveRate(atFalsePositiveRate: 0.01)),
          number(curve?.truePositiveRate(atFalsePositiveRate: 0.05)),
        ]
      }
      table.append([TextTable.Cell(curve.method)] + cells)
    }
    return table
  }

  private var accuracies: TextTable {
    var table = TextTable(
      [.leading("accuracy of"), .trailing("mean")]
        + results.plan.tasks.map { .trailing($0) })
    for model in results.accuracies {
      table.append(
        [TextTable.Cell(model.model), number(model.mean)] + model.tasks.map { number($0) })
    }
    return table
  }

  private var claims: TextTable {
    var table = TextTable([
      .leading("claim"), .leading("measured"), .leading("verdict", canShrink: false),
    ])
    for claim in StudyClaim.all(results) {
      table.append([
        TextTable.Cell(claim.claim), TextTable.Cell(claim.measured),
        TextTable.Cell(claim.outcome.rawValue),
      ])
    }
    return table
  }

  private func number(_ value: Double?) -> TextTable.Cell {
    TextTable.Cell(value.map { FixedDigits.text($0) } ?? "-")
  }
}

extension SuspectResult {
  /// Columns of reused experts of one victim expert, and how many have it as their best match.
  public var rightColumns: (right: Int, all: Int)? {
    let reused = experts.filter { $0.victimExpert != nil }
    guard !reused.isEmpty else { return nil }
    return (reused.filter { $0.match == $0.victimExpert }.count, reused.count)
  }

  /// Columns of experts that are not reused, and how many read "matches the routing".
  public var accusedOthers: (accused: Int, all: Int)? {
    let others = experts.filter { $0.truth != .reuse }
    guard !others.isEmpty else { return nil }
    return (others.filter(\.isAccused).count, others.count)
  }

  /// The smallest lead among columns of reused experts.
  public var leastReusedMargin: Double? {
    experts.filter { $0.truth == .reuse }.compactMap(\.margin).min()
  }

  /// The largest lead among columns of experts of other tasks.
  public var largestStrangerMargin: Double? {
    experts.filter { $0.truth == .stranger }.compactMap(\.margin).max()
  }
}
