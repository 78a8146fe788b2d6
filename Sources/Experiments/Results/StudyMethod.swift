import Reports

/// The methods of a study, each with its two readings: one number a suspect, one number an expert.
package enum StudyMethod: Sendable, Hashable, CaseIterable {
  case routeMark, expertPCS, expertICS, modelPCS, modelICS, reef, unbiasedREEF

  /// The name in the paper.
  package var title: String {
    switch self {
    case .routeMark: "RouteMark"
    case .unbiasedREEF: "REEF, unbiased"
    default: baseline?.title ?? ""
    }
  }

  /// The command that prints it; `nil` for RouteMark itself.
  package var baseline: BaselineMethod? {
    switch self {
    case .routeMark: nil
    case .expertPCS: .expertPCS
    case .expertICS: .expertICS
    case .modelPCS: .modelPCS
    case .modelICS: .modelICS
    case .reef, .unbiasedREEF: .reef
    }
  }

  /// How it looks in all charts.
  var style: SeriesStyle {
    switch self {
    case .routeMark: SeriesStyle(0)
    case .reef: SeriesStyle(1)
    case .unbiasedREEF: SeriesStyle(2)
    case .modelPCS: SeriesStyle(3)
    case .modelICS: SeriesStyle(4)
    case .expertPCS: SeriesStyle(5)
    case .expertICS: SeriesStyle(6)
    }
  }

  /// What figures and tables show: of methods that see experts, the mean over reused ones of the
  /// similarity with their own victim expert; `nil` when a suspect reuses none.
  package func similarity(of suspect: SuspectResult) -> Double? {
    switch self {
    case .routeMark: suspect.meanOwn(\.ownSimilarity)
    case .expertPCS: suspect.meanOwn(\.ownPCS)
    case .expertICS: suspect.meanOwn(\.ownICS)
    case .modelPCS: suspect.modelPCS
    case .modelICS: suspect.modelICS
    case .reef: suspect.reef
    case .unbiasedREEF: suspect.unbiasedREEF
    }
  }

  /// What a threshold is put on: the largest similarity of an expert; methods that see whole models say
  /// the same of every expert of one.
  package func score(_ expert: ExpertResult, of suspect: SuspectResult) -> Double {
    switch self {
    case .routeMark: expert.similarity
    case .expertPCS: expert.pcs
    case .expertICS: expert.ics
    default: similarity(of: suspect) ?? 0
    }
  }
}
