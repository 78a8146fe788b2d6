import Attribution
import Reports

extension StudyReport {
  /// What the numbers of methods are, in the words of `routemark baseline`.
  ///
  /// - Parameter isFolded: whether they are under a line of words that opens them.
  func writeDefinitions(
    _ methods: [StudyMethod], folded isFolded: Bool = false, to section: inout MarkupWriter
  ) {
    var baselines: [BaselineMethod] = []
    for method in methods.compactMap(\.baseline) where !baselines.contains(method) {
      baselines.append(method)
    }
    let texts =
      [("RouteMark", Self.routeMarkDefinition)]
      + baselines.compactMap { method in
        results.definitions.first { $0.method == method }.map { (method.title, $0.text) }
      }
    func write(_ place: inout MarkupWriter) {
      place.element(.div, .classes("definitions")) { box in
        box.element(.dl) { list in
          for (title, text) in texts { list.entry(title) { $0.text(text) } }
        }
      }
    }
    guard isFolded else { return write(&section) }
    section.element(.details) { details in
      details.element(.summary, text: "What these numbers are")
      write(&details)
    }
    section.lineFeed()
  }

  private static let routeMarkDefinition =
    "Similarity of two experts: mean of (1 + cosine of their routing score fingerprints) / 2 and 1 "
    + "minus the Jensen-Shannon divergence, base 2, of their routing preference fingerprints. The paper "
    + "prints (1 - cosine) / 2, which gives an expert similarity 0 with itself. A suspect\u{2019}s number "
    + "is the mean over its reused experts of the similarity with the victim expert they come from."

  /// How to read the page.
  func writeGuide(to section: inout MarkupWriter) {
    let points = [
      "The victim is a merged mixture of experts; a suspect is another one. Each was shown the same "
        + "probe images, and what its routers said was recorded.",
      "A reused expert is a victim\u{2019}s expert, perhaps fine-tuned, pruned or renamed. An "
        + "independent expert was trained from the public base model by somebody else: on one of the "
        + "victim\u{2019}s tasks, or on another.",
      "Top-1 is the victim expert most similar to a suspect expert; margin and lead are its distance "
        + "to the runner-up.",
      "\u{201C}Router kept\u{201D}: the suspect has the victim\u{2019}s gates. \u{201C}Router "
        + "retrained\u{201D}: its gates were made anew and trained on all its tasks.",
      "The paper\u{2019}s numbers are those in its text and tables. What it only draws is not read off "
        + "its figures. \u{201C}About\u{201D}, \u{201C}above\u{201D} and \u{201C}below\u{201D} stand where "
        + "it gives no exact number.",
      "Names of suspects lead to the commands that made them and to the case file that holds their "
        + "numbers.",
    ]
    section.element(.ul) { list in
      for point in points { list.element(.li, text: point) }
    }
  }

  /// What the study cannot carry.
  func writeLimits(to section: inout MarkupWriter) {
    let plan = results.plan
    let tuned = plan.expertSets.first { $0.origin == "experts" }
    let points =
      AttributionCase.standardLimits + [
        plan.world == nil
          ? "Models and images are those of ZOO and DATA, not the paper\u{2019}s; differences from its "
            + "numbers may come from there."
          : "Models are small towers, not the paper\u{2019}s CLIP ViT-B/32, and images are procedural: "
            + "similarities of small, briefly trained routers are noisier than its own.",
        "Fine-tuning once is \(tuned.map { "\($0.steps)" } ?? "a number of") steps here and 4,000 in "
          + "the paper.",
        "One victim and one seed a suspect: there are no error bars. "
          + "\(ReportCase.noErrorRate.capitalisedFirst).",
        "The paper does not say whether routers were kept under parametric tampering, what stands in "
          + "for token embeddings in ICS, or which layer REEF takes; the choices made here are in the "
          + "definitions.",
      ]
    section.element(.ul) { list in
      for point in points { list.element(.li, text: point) }
    }
  }
}
