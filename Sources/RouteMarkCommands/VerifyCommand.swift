import ArgumentParser
import Attribution
import Diagnostics
import Examinations
import RoutingFingerprints

/// `routemark verify`: recompute a case.
struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Recompute every number of a case from what it holds; exits with 1 when one differs.",
    discussion: """
      EXAMPLE
        routemark verify case.json

      Needs neither models nor images: mean router logits lead to fingerprints, fingerprints to \
      similarities, similarities to verdicts; null fingerprints and inner products of responses to \
      p-values. It does not show that the logits were captured honestly; \
      for that, capture them again and compare the digests.
      """)

  @Argument(help: ArgumentHelp("The case.", valueName: "case.json"))
  var file: String

  @OptionGroup var common: CommonOptions

  func run() throws {
    let discrepancies: [Discrepancy]
    do {
      discrepancies = try EvidenceFile.read(AttributionCase.self, at: file).discrepancies()
    } catch let error as LocatedError where Self.isEdited(error.error) {
      // A number that cannot be what it says, such as shares that do not sum to one.
      discrepancies = [
        Discrepancy(
          path: error.error.location ?? "case", stored: error.what, recomputed: "not computed")
      ]
    }
    let result = Verification(file: file, discrepancies: discrepancies)
    if common.json {
      try JSONOutput.print(result)
    } else {
      let console = Console.current
      for discrepancy in discrepancies.prefix(20) { console.line("differs  \(discrepancy)") }
      if discrepancies.count > 20 { console.line("and \(discrepancies.count - 20) more") }
      console.line(
        discrepancies.isEmpty
          ? "\(file): every number follows from what the case itself holds"
          : "\(file): \(discrepancies.count) values do not follow from the rest of the case")
    }
    if !discrepancies.isEmpty { throw ExitStatus.negative }
  }

  /// Whether the file is a case whose values contradict each other, and not another kind of file.
  private static func isEdited(_ error: any DiagnosableError) -> Bool {
    switch error {
    case FingerprintError.unknownSchema, AttributionError.unknownSchema: false
    default: true
    }
  }
}

/// What `verify` found.
struct Verification: Encodable {
  struct Item: Encodable {
    let path: String
    let stored: String
    let recomputed: String
  }

  let schema = "routemark.verification/1"
  let file: String
  let verified: Bool
  let discrepancies: [Item]

  init(file: String, discrepancies: [Discrepancy]) {
    self.file = file
    verified = discrepancies.isEmpty
    self.discrepancies = discrepancies.map {
      Item(path: $0.path, stored: $0.stored, recomputed: $0.recomputed)
    }
  }
}
