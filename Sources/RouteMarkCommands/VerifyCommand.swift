import ArgumentParser
import Attribution
import CaseFiles
import Diagnostics
import Documents
import ExactTests
import Examinations
import Files
import OwnerFiles
import RoutingFingerprints
import SlotAttribution

/// `routemark verify`: recompute a case.
struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Recompute every number of a case from what it holds; exits with 1 when one differs.",
    discussion: """
      EXAMPLE
        routemark verify case.json
        routemark verify case.json --victim victim --suspect suspect --suite suite.json

      Needs neither models nor images: mean router logits lead to fingerprints, fingerprints to \
      similarities, similarities to verdicts; null fingerprints and inner products of responses to \
      p-values. It does not show that the logits were captured honestly; \
      for that, name the models and the suite, and their logits are captured again and compared.
      """)

  @Argument(help: ArgumentHelp("The case.", valueName: "case.json"))
  var file: String

  @Option(name: .long, help: ArgumentHelp("The victim, to capture again.", valueName: "dir"))
  var victim: String?

  @Option(name: .long, help: ArgumentHelp("The suspect, to capture again.", valueName: "dir"))
  var suspect: String?

  @Option(name: .long, help: ArgumentHelp("The probe suite of both.", valueName: "file"))
  var suite: String?

  @OptionGroup var engine: EngineOptions
  @OptionGroup var compute: ComputeOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard (victim != nil || suspect != nil) == (suite != nil) else {
      throw ValidationError("--suite goes together with --victim or --suspect.")
    }
  }

  func run() throws {
    if victim == nil, suspect == nil, try OwnerCaseVerification.schema(of: file) != nil {
      return try OwnerCaseVerification(of: file).print(common)
    }
    let result = try verification()
    if common.json {
      try JSONOutput.print(result)
    } else {
      print(result)
    }
    if !result.verified { throw ExitStatus.negative }
  }

  private func verification() throws -> CaseVerification {
    if let schema = try? StrictJSON.decode(Schema.self, contentsOf: file).schema,
      schema == SlotCase.schema
    {
      return try slotVerification()
    }
    let contents: EvidenceDocument.Contents<AttributionCase>
    do {
      if try EvidenceDocument.schema(at: file) == SiteCase.schema {
        guard suite == nil else {
          throw ExaminationError.notForSites(path: file, what: "capturing again")
        }
        return try CaseVerification(EvidenceDocument.read(SiteCase.self, at: file), file: file)
      }
      contents = try EvidenceDocument.read(AttributionCase.self, at: file)
    } catch let error as LocatedError where Self.isEdited(error.error) {
      // A number that cannot be what it says, such as shares that do not sum to one.
      return CaseVerification(file: file, contradiction: error.error)
    } catch let error as CaseFileError {
      return CaseVerification(file: file, contradiction: error)
    }
    var result = try CaseVerification(contents, file: file)
    for (role, path) in [(SubjectRole.victim, victim), (.suspect, suspect)] {
      guard let path else { continue }
      let stored = role == .victim ? contents.value.victim : contents.value.suspect
      let settings = FingerprintSettings(
        suite: suite, signal: stored.signal, options: stored.options, blocks: 0,
        engine: engine.settings, compute: compute.settings)
      let captured = try FingerprintRequest(.model(path), settings: settings).run(common.examiner)
      result.compare(role, of: contents.value, with: captured)
    }
    return result
  }

  private struct Schema: Decodable { var schema: String? }

  /// An examination of slots; it holds no logits, so models are not captured again.
  private func slotVerification() throws -> CaseVerification {
    do {
      return try CaseVerification(EvidenceDocument.read(SlotCase.self, at: file), file: file)
    } catch let error as LocatedError {
      return CaseVerification(file: file, contradiction: error.error)
    } catch let error as CaseFileError {
      return CaseVerification(file: file, contradiction: error)
    } catch let error as ExactTestError {
      return CaseVerification(file: file, contradiction: error)
    }
  }

  private func print(_ result: CaseVerification) {
    let console = Console.current
    if let verdict = result.verdict { console.line("verdict  \(verdict)") }
    if let finding = result.finding { console.line("finding  \(finding)") }
    if let digest = result.digest { console.line("case     \(digest)") }
    for (name, digest) in result.subjects.sorted(by: { $0.key < $1.key }) {
      console.line("\(name)  \(digest)")
    }
    for item in result.discrepancies.prefix(20) {
      console.line("differs  \(item.path): \(item.stored), recomputed \(item.recomputed)")
    }
    if result.discrepancies.count > 20 {
      console.line("and \(result.discrepancies.count - 20) more")
    }
    for line in result.recaptured { console.line("recaptured  \(line)") }
    for line in result.notChecked {
      console.line("stated by the author, not checked: \(line)")
    }
    console.line(
      result.verified
        ? "\(file): every number follows from what the case itself holds"
        : "\(file): \(result.discrepancies.count) values do not follow from the rest of the case")
  }

  /// Whether the file is a case whose values contradict each other, and not another kind of file.
  private static func isEdited(_ error: any DiagnosableError) -> Bool {
    switch error {
    case FingerprintError.unknownSchema, AttributionError.unknownSchema: false
    default: true
    }
  }
}
