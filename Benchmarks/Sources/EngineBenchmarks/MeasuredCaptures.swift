import Attribution
import Measuring
import ModelMerging
import Probes
import Probing
import RoutingFingerprints
import Tensors

/// From JPEG archives to router logits, end to end.
final class MeasuredCaptures {
  private let model: String
  private let suite: String
  private var opened: [Precision: Capture] = [:]

  init(model: String, suite: String) {
    self.model = model
    self.suite = suite
  }

  private func capture(_ precision: Precision) throws -> Capture {
    if let made = opened[precision] { return made }
    let made = try Capture(
      model: ModelFolder(path: model), suite: OpenSuite(contentsOf: suite), precision: precision,
      toolVersion: "benchmark")
    opened[precision] = made
    return made
  }

  /// Seconds of the whole capture into a trace, and of the model alone on pixels that are there already.
  func secondsAndSecondsInModel(_ precision: Precision) throws -> String {
    let capture = try capture(precision)
    let clock = ContinuousClock()
    let pool = WorkerPool()
    let trace = "\(suite).\(precision.rawValue).trace.safetensors"
    let whole = try clock.measure {
      try capture.write(to: trace, replacing: true, batch: 64, pool: pool)
    }
    let model = try clock.measure { try capture.runOnBlankImages(batch: 64, pool: pool) }
    return "\(seconds(whole)) \(seconds(model))"
  }

  /// Of all similarities of the model's experts with each other, how far one moves when one side or
  /// both are captured in bf16.
  func largestChangeOfSimilarity() throws -> Double {
    func fingerprint(_ precision: Precision) throws -> ModelFingerprint {
      try capture(precision).sums(batch: 64, pool: WorkerPool()).fingerprint()
    }
    let (full, short) = (try fingerprint(.f32), try fingerprint(.bf16))
    func matrix(_ victim: ModelFingerprint, _ suspect: ModelFingerprint) throws -> [Double] {
      SimilarityMatrix(try TaskAlignment(victim: victim, suspect: suspect)).similarity.flatMap {
        $0
      }
    }
    let reference = try matrix(full, full)
    return try [matrix(full, short), matrix(short, short)].flatMap {
      zip(reference, $0).map { abs($0 - $1) }
    }.max() ?? 0
  }
}

/// Seconds to find the two closest of `registered` experts for each of a suspect's five.
func attributionSeconds(registered: Int) -> Double {
  let (tasks, layers) = (5, 12)
  let numbers = random((registered + 5) * tasks * layers)
  func expert(_ index: Int) -> (RoutingScoreFingerprint, RoutingPreferenceFingerprint) {
    // Experts of a few tasks resemble each other, so that screening has something to do.
    let values = (0..<tasks).map { task in
      (0..<layers).map { layer in
        let own = Double(numbers[(index * tasks + task) * layers + layer])
        return 0.5 * own + (index % tasks == task ? 1 : -0.25)
      }
    }
    let scores = RoutingScoreFingerprint(values: values)
    return (scores, RoutingPreferenceFingerprint(scores, mode: .global))
  }
  var registry = ExpertRegistry()
  for index in 0..<registered {
    let (scores, preference) = expert(index)
    registry.register(scores, preference)
  }
  let suspects = (registered..<registered + 5).map(expert)
  var found = 0
  let time = ContinuousClock().measure {
    for (scores, preference) in suspects {
      found += registry.closest(2, to: scores, preference, base: .two).count
    }
  }
  precondition(found == 10, "two matches for each of five experts")
  return seconds(time)
}
