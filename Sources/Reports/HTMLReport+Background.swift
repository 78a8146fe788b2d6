import Attribution
import Diagnostics
import RoutingFingerprints

extension HTMLReport {
  /// How to read the page, for someone who has never seen one.
  func writeGuide(to page: inout MarkupWriter) {
    let points = [
      "A merged mixture-of-experts model has a gate in every routed layer, which scores each "
        + "expert for an input. The victim is the reference model, the suspect is the model under "
        + "examination. Both were shown the same probe images of several tasks.",
      "RSF, the routing score fingerprint of an expert, is the mean router signal it received "
        + "for each task in each layer, minus the mean over all experts. Orange means scored above "
        + "the average expert, blue below.",
      "RPF, the routing preference fingerprint, is the share of each task in an expert's total "
        + "score, as a softmax. An expert made for one task has nearly all of its share there.",
      "Score similarity is (1 + cosine of both RSFs) / 2; preference similarity is 1 minus the "
        + "Jensen-Shannon divergence of both RPFs. Similarity is the mean of the two, from 0 to 1.",
      "Top-1 is the victim expert most similar to a suspect expert, the runner-up the second. "
        + "The attribution margin is the difference of the two similarities.",
      "Experts, tasks and layers are counted from 0.",
    ]
    page.element(.section) { section in
      section.element(.h2, text: "How to read this report")
      section.element(.ul) { list in
        for point in points { list.element(.li, text: point) }
      }
    }
    page.lineFeed()
  }

  /// What the evidence cannot carry.
  func writeLimits(to page: inout MarkupWriter) {
    let standard =
      AttributionCase.standardLimits
      + [
        "A high similarity with a large margin is a match of routing; it does not exclude "
          + "independent work on the same task, and it does not say who copied from whom.",
        "A low similarity does not exclude reuse: heavy pruning or retraining of the gates lowers "
          + "it.",
        "\(report.errorRate.capitalisedFirst).",
      ]
    let further = report.attributionCase.limits.filter { !standard.contains($0) }
    page.element(.section) { section in
      section.element(.h2, text: "Limits of the evidence")
      section.element(.ul) { list in
        for limit in standard { list.element(.li, text: limit) }
        for limit in further { list.element(.li) { $0.name(limit) } }
      }
    }
    page.lineFeed()
  }

  /// Where every number comes from.
  func writeProvenance(to page: inout MarkupWriter) {
    let provenance = report.attributionCase.provenance
    let (victim, suspect) = (report.alignment.victim, report.alignment.suspect)
    page.element(.section) { section in
      section.element(.h2, text: "Provenance")
      section.element(.dl) { list in
        list.entry("Report and case by") { $0.name(provenance.toolVersion) }
        list.entry("Command") { entry in
          entry.element(.code) { $0.name(provenance.commandLine) }
        }
        list.entry("Date") { $0.name(provenance.date ?? "not recorded") }
        list.model("Victim", provenance.victim, victim)
        list.model("Suspect", provenance.suspect, suspect)
        list.entry("Probe suite") { entry in
          entry.element(.code, text: victim.suiteDigest.description)
        }
        list.entry("Samples per task") { entry in
          let counts = zip(victim.tasks, victim.counts).map { "\($0) \($1)" }
          entry.name(counts.joined(separator: ", "))
        }
        list.entry("Signal") { $0.text(victim.signal.words) }
        list.entry("Options") { $0.text(optionWords(victim.options)) }
        list.entry("Thresholds") { $0.text("\(report.thresholdLine).".capitalisedFirst) }
        list.entry("Error rate") { $0.text("\(report.errorRate).".capitalisedFirst) }
        list.entry("Case") { entry in
          guard let digest else {
            entry.text("not kept in a file")
            return
          }
          entry.text("SHA-256 of the file ")
          entry.element(.code, text: digest.hexadecimal)
        }
        list.entry("To check it") { entry in
          entry.element(.code, text: "routemark verify case.json")
          entry.text(" recomputes the case and prints this digest; ")
          entry.element(.code, text: "routemark report case.json --check report.html")
          entry.text(" says whether this page is the case's.")
        }
        list.entry("Check of this case") { entry in
          entry.text(
            report.discrepancyWarning
              ?? "Every number was recomputed from the mean logits in the case, and agrees.")
        }
      }
    }
    page.lineFeed()
  }

  private func optionWords(_ options: FingerprintOptions) -> String {
    let preference =
      switch options.rpfMode {
      case .global: "one routing preference an expert, over all layers"
      case .perLayer: "one routing preference an expert and layer"
      }
    let base = options.jsdBase == .two ? "2" : "e"
    return "\(preference); divergence in logarithms to base \(base)"
  }
}

extension MarkupWriter {
  /// A term and its description.
  fileprivate mutating func entry(_ term: String, _ body: (inout MarkupWriter) -> Void) {
    element(.dt, text: term)
    element(.dd, body: body)
    lineFeed()
  }

  /// What is known of one of the two models.
  fileprivate mutating func model(
    _ role: String, _ subject: CaseProvenance.Subject, _ fingerprint: ModelFingerprint
  ) {
    entry(role) { $0.name(subject.label) }
    entry("\(role) model") { entry in
      guard let digest = fingerprint.modelDigest else {
        entry.text("digest unknown: the trace's writer did not record it")
        return
      }
      entry.element(.code, text: digest.description)
    }
    entry("\(role) fingerprint") { entry in
      entry.text(
        "\(fingerprint.experts.count) experts, \(fingerprint.layerCount) layers, "
          + "\(fingerprint.sampleCount) samples, recorded by ")
      entry.name(fingerprint.toolVersion)
    }
  }
}
