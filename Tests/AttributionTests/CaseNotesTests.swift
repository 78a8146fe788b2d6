import Attribution
import Diagnostics
import Foundation
import RoutingFingerprints
import Testing

/// What a case says of fingerprints that can be misread.
@Suite struct CaseNotesTests {
  private let victim: ModelFingerprint

  init() throws { victim = try fingerprint(specialists(3)) }

  private func described(_ change: (inout TraceDescription) -> Void) throws -> ModelFingerprint {
    var description = victim.description
    change(&description)
    return try ModelFingerprint(
      description: description, counts: victim.counts, meanLogits: victim.meanLogits)
  }

  @Test("two ordinary fingerprints need no note")
  func nothingToSay() throws {
    let suspect = try fingerprint(specialists(3), model: 9)
    #expect(try makeCase(victim, suspect).notes.isEmpty)
  }

  @Test("logits that lie in 0...1 and sum to 1 look like probabilities")
  func softmaxed() throws {
    let rows = (0..<3).map { task in
      (0..<3).map { [Double](repeating: $0 == task ? 0.8 : 0.1, count: 2) }
    }
    let suspect = try fingerprint(rows, model: 9)
    #expect(suspect.looksLikeProbabilities && !victim.looksLikeProbabilities)
    let notes = try makeCase(victim, suspect).notes
    #expect(notes.count == 1 && notes[0].contains("look like probabilities"))
  }

  @Test("values that sum to 1 over layers are refused: the axes are swapped")
  func transposed() throws {
    let rows = (0..<3).map { task in (0..<3).map { $0 == task ? [0.9, 0.1] : [0.3, 0.7] } }
    let suspect = try fingerprint(rows, model: 9)
    #expect(throws: AttributionError.axesSwapped(role: .suspect)) { try makeCase(victim, suspect) }
  }

  @Test("probabilities compare with logits, weights do not")
  func signals() throws {
    let probabilities = try fingerprint(specialists(3), signal: .probabilities, model: 9)
    let result = try makeCase(victim, probabilities)
    #expect(result.attributions.allSatisfy { $0.similarity == 1 })
    #expect(result.notes.contains { $0.contains("suspect was recorded as probabilities") })
    #expect(try result.discrepancies().isEmpty)
    let weights = try fingerprint(specialists(3), signal: .weights, model: 9)
    #expect(throws: AttributionError.signalsDiffer(victim: .logits, suspect: .weights)) {
      try makeCase(victim, weights)
    }
  }

  @Test("an untrained router makes every verdict inconclusive, recorded or not")
  func untrained() throws {
    var generator = SeededGenerator(seed: 3)
    let rows = (0..<3).map { _ in
      (0..<3).map { _ in
        (0..<2).map { _ in 0.3 + Double.random(in: -0.03...0.03, using: &generator) }
      }
    }
    let suspect = try fingerprint(rows, model: 9)
    let recorded = try described { $0.routerState = .untrained }
    for (own, other) in [(victim, suspect), (suspect, victim), (victim, recorded)] {
      let result = try makeCase(own, other)
      #expect(result.attributions.allSatisfy { $0.verdict == .inconclusive(.routerUntrained) })
      #expect(result.notes.contains { $0.contains("router is untrained") })
      #expect(try result.discrepancies().isEmpty)
    }
    let trained = try described { $0.routerState = .trained }
    #expect(!trained.hasUntrainedRouter)
  }

  @Test("differing preprocessing and equal models are said")
  func origins() throws {
    let own = try described { $0.preprocessingDigest = digest(5) }
    let other = try described {
      $0.preprocessingDigest = digest(6)
      $0.modelDigest = digest(9)
    }
    #expect(try makeCase(own, other).notes.contains { $0.contains("differently preprocessed") })
    #expect(try makeCase(own, own).notes.contains { $0.contains("are the same model") })
  }

  @Test("a note that was edited or removed is found")
  func editedNote() throws {
    let result = try makeCase(victim, victim)
    #expect(!result.notes.isEmpty)
    let text = String(decoding: try JSONEncoder().encode(result), as: UTF8.self)
      .replacingOccurrences(of: "are the same model", with: "are two models")
    let read = try JSONDecoder().decode(AttributionCase.self, from: Data(text.utf8))
    #expect(try read.discrepancies().map(\.path) == ["notes"])
  }
}
