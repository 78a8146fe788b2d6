import Experiments
import Foundation

/// A made-up study: every number follows from a formula, no two of a row are alike.
enum ExampleStudy {
  /// Names that results take from files, which may be anything.
  struct Names {
    /// The first expert of the innocent suspect.
    var innocent = "stripes"
    var title = "independent, same tasks"
    var tool = "routemark test"
  }

  /// Results of the embedded plan.
  ///
  /// - Parameters:
  ///   - similarity: of an innocent expert with the victim's expert of its task.
  ///   - names: what files call things.
  static func results(innocents similarity: Double = 0.93, names: Names = Names()) throws
    -> StudyResults
  {
    let plan = StudyPlan.embedded
    let victim = StudyPlan.Suspect(name: "victim", title: "the victim itself", router: .kept)
    let suspects = ([victim] + plan.suspects).enumerated().map { index, suspect in
      self.suspect(suspect, index, in: plan, innocents: similarity, names: names)
    }
    let object: [String: Any] = [
      "schema": StudyResults.schema, "tool": names.tool,
      "plan": try JSONSerialization.jsonObject(with: JSONEncoder().encode(plan)),
      "suiteDigest": "sha256:" + String(repeating: "0", count: 64),
      "routingWeights": plan.tasks.indices.map { expert in
        plan.tasks.indices.map { task in
          (0..<3).map { 0.05 + (task == expert ? 0.7 : 0) + 0.01 * Double($0) }
        }
      },
      "suspects": suspects,
      "sampleSizes": plan.figures.sampleSizes.map { count in
        [
          "count": count, "routeMark": 0.95 + 0.0001 * Double(count),
          "reef": 0.9 - 0.001 * Double(count), "unbiasedREEF": 0.4 + 0.0001 * Double(count),
        ] as [String: Any]
      },
      "accuracies": [
        ["model": "victim", "tasks": [0.5, 0.6, 0.7, 0.8, 0.9], "mean": 0.7] as [String: Any]
      ],
      "curves": StudyMethod.allCases.map { method in
        [
          "method": method.title, "withInnocents": curve(area: 0.625),
          "withoutInnocents": curve(area: 0.875),
        ] as [String: Any]
      },
      "definitions": BaselineMethod.allCases.map {
        ["method": $0.rawValue, "text": "the definition of \($0.title)"]
      },
      "commands": try StudySteps(plan).steps.map(\.command),
    ]
    return try JSONDecoder().decode(
      StudyResults.self, from: JSONSerialization.data(withJSONObject: object))
  }

  private static func curve(area: Double) -> [String: Any] {
    [
      "points": [
        ["falsePositiveRate": 0, "truePositiveRate": 0],
        ["falsePositiveRate": 0, "truePositiveRate": area / 2],
        ["falsePositiveRate": 0.04, "truePositiveRate": area],
        ["falsePositiveRate": 1, "truePositiveRate": 1],
      ], "area": area, "positiveCount": 100, "negativeCount": 25,
    ]
  }

  private static func suspect(
    _ suspect: StudyPlan.Suspect, _ index: Int, in plan: StudyPlan, innocents: Double,
    names: Names
  ) -> [String: Any] {
    let experts = (suspect.experts ?? plan.tasks).map {
      $0.split(separator: "/").last.map(String.init) ?? $0
    }
    let columns = experts.enumerated().map { column, expert -> [String: Any] in
      self.expert(expert, column, index, suspect, plan, innocents)
    }
    let isInnocent = suspect.name == "innocent"
    var named = columns
    if isInnocent { named[0]["name"] = names.innocent }
    return [
      "name": suspect.name, "title": isInnocent ? names.title : suspect.title,
      "router": suspect.router.rawValue, "victimExperts": plan.tasks, "experts": named,
      "similarity": plan.tasks.indices.map { row in
        columns.indices.map { column in
          plan.tasks[row] == experts[column]
            ? columns[column]["similarity"] as? Double ?? 0
            : 0.1 + 0.01 * Double(row) + 0.001 * Double(column)
        }
      },
      "modelPCS": 0.81 + 0.001 * Double(index), "modelICS": 0.71 + 0.001 * Double(index),
      "reef": 0.61 + 0.001 * Double(index), "unbiasedREEF": 0.51 + 0.001 * Double(index),
    ]
  }

  private static func expert(
    _ name: String, _ column: Int, _ index: Int, _ suspect: StudyPlan.Suspect, _ plan: StudyPlan,
    _ innocents: Double
  ) -> [String: Any] {
    let reused = 0.95 + 0.001 * Double(index) + 0.0001 * Double(column)
    var expert: [String: Any] = ["name": name, "pcs": 0.4, "ics": 0.3, "match": plan.tasks[0]]
    switch plan.origin(of: name, in: suspect) {
    case .reuse(let own):
      expert["truth"] = "reuse"
      expert["victimExpert"] = own
      expert["match"] = own
      expert["similarity"] = reused
      expert["ownSimilarity"] = reused
      expert["ownPCS"] = 0.41 + 0.001 * Double(index)
      expert["ownICS"] = 0.31 + 0.001 * Double(index)
      expert["margin"] = 0.65
      expert["verdict"] = "consistent with reuse of \(own)"
    case .scattered:
      expert["truth"] = "reuse"
      expert["similarity"] = 0.7
      expert["margin"] = 0.05
      expert["verdict"] = "no evidence of reuse"
    case .independent(let task):
      expert["truth"] = "independent"
      expert["match"] = task
      expert["similarity"] = innocents
      expert["margin"] = innocents - 0.3
      expert["verdict"] =
        innocents >= 0.8 ? "consistent with reuse of \(task)" : "no evidence of reuse"
    case .stranger:
      expert["truth"] = "stranger"
      expert["similarity"] = 0.35
      expert["margin"] = 0.08
      expert["verdict"] = "no evidence of reuse"
    }
    return expert
  }
}
