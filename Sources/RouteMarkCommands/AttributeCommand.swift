import ArgumentParser
import Attribution
import CaseFiles
import Diagnostics
import Documents
import Examinations
import Files
import Foundation
import Reports
import RoutingFingerprints

/// `routemark attribute`: compare a suspect's experts with a victim's.
struct AttributeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "attribute",
    abstract:
      "Say which of a suspect's experts are consistent with reuse of a victim's, or match their routing.",
    discussion: """
      EXAMPLE
        routemark attribute --victim victim.fingerprint.json --suspect suspect.trace.safetensors \\
          -o case.json --html report.html

      Victim and suspect are fingerprints, traces or model folders (these need --suite); both must \
      come from the same suite. An expert "matches the routing" of a victim expert when its best similarity \
      reaches --top1 and its lead over the runner-up --margin; there is "no evidence of reuse" below \
      --none-top1 or --none-margin; else it is "inconclusive". The case holds everything the verdicts \
      were computed from.

      Traces of format 2, as language models have them, are compared site by site (Guides/Traces.md).

      WITH NULL EXPERTS
        routemark attribute --victim victim --suspect suspect --suite suite.json --nulls nulls \\
          --base zoo/base -o case.json

      Routing shows the task an expert was trained for: experts that innocent parties trained on the \
      same task from the same base model look alike. A pool of such experts (`routemark null`) gives \
      p-values for what is left beyond the task: of routing when the pool has merges, of weights when \
      both models are folders and --base is named.
      """)

  @Option(name: .long, help: ArgumentHelp("The reference model.", valueName: "path"))
  var victim: String

  @Option(name: .long, help: ArgumentHelp("The model under examination.", valueName: "path"))
  var suspect: String

  @Option(name: .long, help: ArgumentHelp("The probe suite, for model folders.", valueName: "file"))
  var suite: String?

  @Option(name: .shortAndLong, help: ArgumentHelp("The case to write.", valueName: "case.json"))
  var output: String?

  @Option(name: .long, help: ArgumentHelp("The report to write.", valueName: "report.html"))
  var html: String?

  @Option(name: .long, help: ArgumentHelp("Best similarity for \"consistent\".", valueName: "0-1"))
  var top1 = AttributionThresholds.standard.consistentSimilarity

  @Option(name: .long, help: ArgumentHelp("Lead for \"consistent\".", valueName: "0-1"))
  var margin = AttributionThresholds.standard.consistentMargin

  @Option(
    name: .long, help: ArgumentHelp("Best similarity below which: none.", valueName: "0-1"))
  var noneTop1 = AttributionThresholds.standard.noEvidenceSimilarity

  @Option(name: .long, help: ArgumentHelp("Lead below which: none.", valueName: "0-1"))
  var noneMargin = AttributionThresholds.standard.noEvidenceMargin

  @Option(name: .long, help: ArgumentHelp("A date to record in the case.", valueName: "text"))
  var date: String?

  @Option(name: .long, help: "What to record of model folders: logits or weights.")
  var signal: CaptureSignal = .logits

  @OptionGroup var nulls: NullEvidenceOptions
  @OptionGroup var fingerprint: FingerprintOptionsGroup
  @OptionGroup var probes: ProbeBlockOptions
  @OptionGroup var engine: EngineOptions
  @OptionGroup var compute: ComputeOptions
  @OptionGroup var outputs: OutputOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
    // Names are checked before anything is computed; case and report appear together.
    let files = try OutputSet(paths: [output, html].compactMap { $0 }, replacing: outputs.force)
    let thresholds = try AttributionThresholds(
      consistentSimilarity: top1, consistentMargin: margin, noEvidenceSimilarity: noneTop1,
      noEvidenceMargin: noneMargin)
    let answer = try AttributionRequest(
      victim: victim, suspect: suspect,
      fingerprints: FingerprintSettings(
        suite: suite, signal: signal.signal, options: fingerprint.options, blocks: probes.blocks,
        engine: engine.settings, compute: compute.settings),
      thresholds: thresholds, nulls: nulls.nullPool(), date: date
    ).answer(common.examiner)

    let bytes =
      switch answer {
      case .experts(let result): try EvidenceDocument.data(result)
      case .sites(let result): try EvidenceDocument.data(result)
      }
    if let output {
      try files.write(bytes, to: output)
    }
    if let html {
      guard case .experts(let result) = answer else {
        throw ExaminationError.notForSites(path: html, what: "an HTML page")
      }
      let page = try HTMLReport(result, isNew: true, digest: Digest.sha256(of: bytes)).render()
      try files.write(page.utf8, to: html)
    }
    try files.commit()
    if common.json {
      Console.current.out(String(decoding: bytes, as: UTF8.self))
    } else {
      let console = Console.current
      let (width, colour) = (console.width, console.coloursOut)
      switch answer {
      case .experts(let result):
        try console.out(TextReport(result, isNew: true).render(width: width, colour: colour))
      case .sites(let result):
        console.out(SiteReport(result).render(width: width, colour: colour))
      }
    }
    if let output {
      Console.current.note(
        "case: \(output) (check it with `routemark verify \(ShellWord.quoted(output))`)")
    }
    if let html { Console.current.note("report: \(html)") }
  }
}
