/// The shortest of the calls made in a fifth of a second, in seconds: on a busy machine a mean would
/// measure the neighbours.
public func fastest(_ work: () -> Void) -> Double {
  let clock = ContinuousClock()
  var best = Double.infinity
  var total = 0.0
  var calls = 0
  while total < 0.2 || calls < 5 {
    let time = seconds(clock.measure(work))
    best = min(best, time)
    total += time
    calls += 1
  }
  return best
}

/// A duration in seconds.
public func seconds(_ duration: Duration) -> Double {
  Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
}

/// Numbers in -1..<1, the same in every run.
public func random(_ count: Int) -> [Float] {
  var state: UInt32 = 1
  return (0..<count).map { _ in
    state = state &* 1_664_525 &+ 1_013_904_223
    return Float(state >> 8) * 0x1p-23 - 1
  }
}

/// Text filled up with spaces.
public func padded(_ text: String, _ width: Int) -> String {
  text + String(repeating: " ", count: max(1, width - text.count))
}
