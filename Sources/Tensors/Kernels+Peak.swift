import CKernels

extension Kernels {
  /// GFLOP/s of multiply-adds that do not wait for each other, on this thread.
  ///
  /// It is what matrix products are measured against. Takes about a tenth of a second.
  public func measuredPeak() -> Double {
    var values: [Float] = [0.5, 0.25]
    let clock = ContinuousClock()
    var best = 0.0
    for _ in 0..<10 {
      var operations = 0.0
      let (seconds, attoseconds) = clock.measure {
        operations = table.pointee.spin(1_000_000, &values)
      }.components
      best = max(best, operations / (Double(seconds) + Double(attoseconds) * 1e-18) * 1e-9)
    }
    return best
  }
}
