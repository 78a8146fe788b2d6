import Statistics

/// Which licensee's copy a suspect was made from: one key a licensee, all keys tested.
///
/// Holm's adjustment bounds the chance of naming even one innocent licensee, however many there are.
public struct LicenseeTracing: Sendable, Hashable, Codable {
  /// What one licensee's key says.
  public struct Finding: Sendable, Hashable, Codable {
    /// Whose key.
    public let licensee: String
    /// z of the key.
    public let z: Double
    /// Its p-value.
    public let pValue: Double
    /// Its p-value over all licensees.
    public let adjustedPValue: Double

    private enum CodingKeys: String, CodingKey {
      case licensee, z
      case pValue = "p"
      case adjustedPValue = "adjusted_p"
    }
  }

  /// One for each licensee, in the order given.
  public let findings: [Finding]

  /// Tests all licensees.
  ///
  /// - Throws: ``ExactTestError/duplicateName(_:)``.
  public init(_ marks: [(licensee: String, mark: KeyedMark)]) throws(ExactTestError) {
    var seen: Set<String> = []
    for (licensee, _) in marks where !seen.insert(licensee).inserted {
      throw .duplicateName(licensee)
    }
    let adjusted = Holm.adjusted(marks.map(\.mark.pValue))
    findings = zip(marks, adjusted).map { entry, adjusted in
      Finding(
        licensee: entry.licensee, z: entry.mark.z, pValue: entry.mark.pValue,
        adjustedPValue: adjusted)
    }
  }

  /// Whose key was found, rarest first; two when copies of two licensees were blended.
  public func found(level: Double = 0.01) -> [Finding] {
    findings.filter { $0.adjustedPValue <= level }
      .sorted { ($0.adjustedPValue, -$0.z) < ($1.adjustedPValue, -$1.z) }
  }
}
