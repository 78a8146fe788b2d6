import Diagnostics
import Documents
import RoutingFingerprints

/// The metadata of a trace of format 2, with errors that name the file and the key.
struct SiteTraceMetadata {
  let file: String
  let values: [String: String]

  func refuseOthers(than known: Set<String>) throws(ProbingError) {
    let unknown = values.keys.filter { !known.contains($0) }
    guard let key = unknown.min() else { return }
    throw malformed(key, expected: "no such key", actual: values[key])
  }

  func sites() throws -> [StatedSite] {
    guard let text = values["sites"] else {
      throw malformed("sites", expected: "a JSON array of sites", actual: nil)
    }
    return try StrictJSON.decode([StatedSite].self, from: Array(text.utf8), file: "\(file), sites")
  }

  func frame(sites: [StatedSite], hasScores: Bool) throws -> SiteFingerprint {
    guard let text = values["tasks"] else {
      throw malformed("tasks", expected: "a JSON array of names", actual: nil)
    }
    let tasks = try StrictJSON.decode([String].self, from: Array(text.utf8), file: "\(file), tasks")
    guard let suite = try digest("suite_sha256") else {
      throw malformed("suite_sha256", expected: "a SHA-256 digest", actual: nil)
    }
    guard let slots: SiteSlots = try choice("slots") else {
      throw malformed("slots", expected: "`columns` or `sites`", actual: nil)
    }
    var signal: SiteSignal = .selections
    if hasScores {
      guard let stated: SiteSignal = try choice("scores"), stated != .selections else {
        throw malformed(
          "scores", expected: "`logits`, `probabilities`, `sigmoid` or `weights`",
          actual: values["scores"])
      }
      signal = stated
    }
    let frames = sites.map { site in
      SiteFingerprint.Site(
        name: site.name, layer: site.layer, iteration: site.iteration, stream: site.stream,
        experts: site.kept.map { site.experts[$0] }, nullCount: site.null.count, means: [])
    }
    do {
      return try SiteFingerprint(
        frameOf: tasks, signal: signal, slots: slots, sites: frames, suiteDigest: suite,
        modelDigest: try digest("model_sha256"),
        preprocessingDigest: try digest("preprocessing_sha256"),
        routerState: try choice("router_state"), routerOrigin: try choice("router_origin"),
        tool: values["tool"] ?? "unknown")
    } catch let error as FingerprintError {
      throw LocatedError(error, in: file)
    }
  }

  func digest(_ key: String) throws(ProbingError) -> Digest? {
    guard let text = values[key] else { return nil }
    guard let digest = Digest(text) else {
      throw malformed(key, expected: "a SHA-256 digest", actual: text)
    }
    return digest
  }

  func integer(_ key: String) throws(ProbingError) -> Int? {
    guard let text = values[key] else { return nil }
    guard let number = Int(text) else { throw malformed(key, expected: "a number", actual: text) }
    return number
  }

  private func choice<Value: RawRepresentable & CaseIterable>(
    _ key: String
  ) throws(ProbingError) -> Value? where Value.RawValue == String {
    guard let text = values[key] else { return nil }
    guard let value = Value(rawValue: text) else {
      let known = Value.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")
      throw malformed(key, expected: "one of \(known)", actual: text)
    }
    return value
  }

  func malformed(_ key: String, expected: String, actual: String?) -> ProbingError {
    .malformedTraceMetadata(
      file: file, key: key, expected: expected,
      actual: actual.map { "`\($0.prefix(80))`" } ?? "not there")
  }
}
