/// How scores become likelihood ratios.
public enum LikelihoodRatioCalibrator: Sendable, Hashable {
  /// A straight line from score to log likelihood ratio.
  case logistic(LogisticCalibration)
  /// The ratio of two smooth densities.
  case kernelDensity(KernelDensityCalibration)

  /// Which of the two.
  public enum Method: String, Codable, Sendable, Hashable, CaseIterable {
    /// ``LogisticCalibration``.
    case logistic
    /// ``KernelDensityCalibration``.
    case kernelDensity = "kernel-density"
  }

  /// Fits a calibrator.
  public init(_ method: Method, to scores: LabelledScores) {
    switch method {
    case .logistic: self = .logistic(LogisticCalibration(scores))
    case .kernelDensity: self = .kernelDensity(KernelDensityCalibration(scores))
    }
  }

  /// log10 of the likelihood ratio of a score, without bounds.
  public func logRatio(of score: Double) -> Double {
    switch self {
    case .logistic(let calibration): calibration.logRatio(of: score)
    case .kernelDensity(let calibration): calibration.logRatio(of: score)
    }
  }
}
