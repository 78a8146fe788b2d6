/// The learning rate as a function of the step.
///
/// Equations, with t the 0-based step, w the warmup steps, n the total, eta the peak rate:
/// - warmup (constant and cosine): eta * (t + 1) / w while t < w
/// - cosine: eta_min + (eta - eta_min) * (1 + cos(pi * u)) / 2 with u = (t - w) / (n - w)
///   (Loshchilov and Hutter, SGDR, without restarts; PyTorch's `CosineAnnealingLR` when w = 0)
/// - one-cycle: from eta / 25 up to eta and down to eta / (25 * 10^4), each half a cosine, the rise
///   taking w steps (Smith and Topin; PyTorch's `OneCycleLR` with `pct_start` = w / n)
public struct LearningRateSchedule: Sendable, Equatable {
  /// The form of the curve after the warmup.
  public enum Form: Sendable, Equatable {
    /// The peak rate throughout.
    case constant
    /// Falls along half a cosine to `floor`.
    case cosine(floor: Double)
    /// Rises and falls along two half cosines.
    case oneCycle
  }

  /// The form of the curve.
  public var form: Form
  /// Highest learning rate.
  public var peak: Double
  /// Steps of the rise.
  public var warmupSteps: Int
  /// Steps of the whole run; later steps keep the last rate.
  public var totalSteps: Int

  /// A checked schedule.
  ///
  /// - Throws: ``TrainingError/invalidHyperparameter(name:value:requirement:)``.
  public init(
    _ form: Form, peak: Double, warmupSteps: Int = 0, totalSteps: Int
  ) throws(TrainingError) {
    guard peak > 0, peak.isFinite else {
      throw .invalidHyperparameter(
        name: "learning rate", value: "\(peak)", requirement: "a finite number above 0")
    }
    guard totalSteps > 0 else {
      throw .invalidHyperparameter(
        name: "steps", value: "\(totalSteps)", requirement: "at least 1")
    }
    guard (0...totalSteps).contains(warmupSteps) else {
      throw .invalidHyperparameter(
        name: "warmup steps", value: "\(warmupSteps)", requirement: "0 to `\(totalSteps)`")
    }
    if case .cosine(let floor) = form, !(floor >= 0 && floor <= peak) {
      throw .invalidHyperparameter(
        name: "cosine floor", value: "\(floor)", requirement: "0 to the peak `\(peak)`")
    }
    self.form = form
    self.peak = peak
    self.warmupSteps = warmupSteps
    self.totalSteps = totalSteps
  }

  /// The rate of the 0-based `step`.
  public func rate(at step: Int) -> Double {
    let step = min(max(step, 0), totalSteps)
    switch form {
    case .constant:
      return step < warmupSteps ? warmup(step) : peak
    case .cosine(let floor):
      if step < warmupSteps { return warmup(step) }
      let share = Double(step - warmupSteps) / Double(max(totalSteps - warmupSteps, 1))
      return Self.halfCosine(from: peak, to: floor, share: share)
    case .oneCycle:
      return oneCycle(step)
    }
  }

  private func warmup(_ step: Int) -> Double { peak * Double(step + 1) / Double(warmupSteps) }

  private func oneCycle(_ step: Int) -> Double {
    let start = peak / 25
    let risen = Double(warmupSteps) - 1
    let last = Double(totalSteps) - 1
    let position = min(Double(step), last)
    if risen > 0, position <= risen {
      return Self.halfCosine(from: start, to: peak, share: position / risen)
    }
    let share = last > risen ? (position - risen) / (last - risen) : 1
    return Self.halfCosine(from: peak, to: start / 1e4, share: min(max(share, 0), 1))
  }

  private static func halfCosine(from start: Double, to end: Double, share: Double) -> Double {
    end + (start - end) * (1 + cosine(Double.pi * share)) / 2
  }
}
