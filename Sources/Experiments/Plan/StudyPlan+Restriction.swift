extension StudyPlan {
  /// The paper's figures and table, by the names that ``restricted(to:)`` takes.
  public enum FigureName: String, Sendable, CaseIterable {
    case fig3, table2, fig4, fig5, fig6
  }

  /// The name of the test of calibrated attribution, in plans that have one.
  public static let calibrationName = "calibration"

  /// The part of the plan that makes some figures and suspects, with the very commands of the whole, so
  /// that both can share a folder.
  ///
  /// Expert sets that nothing needs are left out. A figure stays when all its suspects do; figure 6,
  /// and the test of calibrated attribution, which have steps of their own, when they are named.
  ///
  /// - Parameter names: of figures and of suspects, and ``calibrationName``.
  /// - Throws: ``StudyError/unknownPart(name:known:)``.
  public func restricted(to names: [String]) throws(StudyError) -> StudyPlan {
    var kept: Set<String> = []
    for name in names {
      if let figure = FigureName(rawValue: name) {
        kept.formUnion(self.suspects(in: figure))
      } else if name == Self.calibrationName, let calibration {
        kept.formUnion(calibration.routed + calibration.variants.compactMap(\.suspect))
      } else if compared.contains(where: { $0.name == name }) {
        kept.insert(name)
      } else {
        throw .unknownPart(name: name, known: partNames)
      }
    }
    // Operations may name what earlier suspects and sets are made of.
    for suspect in suspects.reversed() where kept.contains(suspect.name) {
      for other in suspects where suspect.mentions("{out}/models/\(other.name)") {
        kept.insert(other.name)
      }
    }
    var plan = self
    plan.suspects = suspects.filter { kept.contains($0.name) }
    if !names.contains(Self.calibrationName) { plan.calibration = nil }
    plan.expertSets = []
    for set in expertSets.reversed() {
      let isUsed =
        plan.suspects.contains { $0.uses(set: set.name) }
        || plan.calibration?.variants.contains { $0.set == set.name } == true
        || plan.expertSets.contains { $0.origin == set.name }
      if isUsed { plan.expertSets.insert(set, at: 0) }
    }
    plan.figures = figures.keeping(kept.union(["victim"]), sampled: names.contains("fig6"))
    return plan
  }

  private var partNames: [String] {
    FigureName.allCases.map(\.rawValue) + (calibration == nil ? [] : [Self.calibrationName])
      + suspects.map(\.name)
  }

  private func suspects(in figure: FigureName) -> [String] {
    switch figure {
    case .fig3: figures.matrices
    case .table2: figures.parametric
    case .fig4: figures.pruning.map(\.suspect)
    case .fig5: figures.replaced + figures.deleted + figures.added
    case .fig6: [figures.sampled]
    }
  }
}

extension StudyPlan.Suspect {
  /// Whether an operation names this file or folder of the study, or a file in it.
  fileprivate func mentions(_ place: String) -> Bool {
    (tamper ?? []).flatMap { $0.split(separator: " ") }.contains { word in
      word.hasSuffix(place) || word.contains("\(place)/")
    }
  }

  fileprivate func uses(set: String) -> Bool {
    (experts ?? []).contains { StudyPlan.parts($0).set == set }
      || (tamper ?? []).contains { $0.contains("{out}/experts/\(set)/") }
  }
}

extension StudyPlan.Figures {
  /// The figures whose suspects are all in `kept`; the others are empty.
  fileprivate func keeping(_ kept: Set<String>, sampled isSampled: Bool) -> StudyPlan.Figures {
    func whole(_ names: [String]) -> [String] { kept.isSuperset(of: names) ? names : [] }
    var figures = self
    figures.matrices = whole(matrices)
    figures.parametric = whole(parametric)
    figures.pruning = whole(pruning.map(\.suspect)).isEmpty ? [] : pruning
    let structural = whole(replaced + deleted + added)
    if structural.isEmpty { (figures.replaced, figures.deleted, figures.added) = ([], [], []) }
    if !isSampled { (figures.sampled, figures.sampleSizes) = ("victim", []) }
    return figures
  }
}
