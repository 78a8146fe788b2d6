import Calibration
import RoutingFingerprints

/// The part of a case that null experts calibrate.
public struct CaseCalibration: Codable, Sendable, Equatable {
  /// What it is computed from, beside both fingerprints.
  public let input: CalibrationInput
  /// What follows.
  public let result: CalibrationResult

  /// Computes the result.
  ///
  /// - Throws: `CalibrationError`.
  init(_ input: CalibrationInput, alignment: TaskAlignment) throws {
    self.input = input
    result = try CalibrationResult(input, victim: alignment.victim, suspect: alignment.suspect)
  }

  /// Adds what does not follow from the input.
  func compare(with expected: CaseCalibration, into list: inout DiscrepancyList) throws {
    for (index, null) in input.nullFingerprints.enumerated() {
      list.append(
        try null.discrepancies(), under: "calibration.input.nullFingerprints[\(index)]")
    }
    try list.compareLeaves("calibration.result", result, expected.result)
  }

  /// Checks every length and index a reader relies on.
  func validate(victimCount: Int, suspectCount: Int) throws(AttributionError) {
    for (name, evidence) in [("routing", result.routing), ("functional", result.functional)] {
      guard let evidence else { continue }
      let key = "calibration.result.\(name)"
      try AttributionError.requireCount(
        evidence.decisions.count, suspectCount, key: "\(key).decisions")
      for (index, decision) in evidence.decisions.enumerated() {
        let key = "\(key).decisions[\(index)]"
        try AttributionError.requireIndex(
          decision.suspectIndex, count: suspectCount, key: "\(key).suspectIndex")
        try AttributionError.requireIndex(
          decision.victimIndex, count: victimCount, key: "\(key).victimIndex")
      }
      try AttributionError.requireCount(evidence.plain.count, victimCount, key: "\(key).plain")
      for (index, row) in evidence.plain.enumerated() {
        try AttributionError.requireCount(row.count, suspectCount, key: "\(key).plain[\(index)]")
      }
    }
  }
}
