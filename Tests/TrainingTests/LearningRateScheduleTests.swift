import Testing
import Training

@Suite struct LearningRateScheduleTests {
  private func rates(_ schedule: LearningRateSchedule) -> [Double] {
    (0..<schedule.totalSteps).map { schedule.rate(at: $0) }
  }

  private func expectEqual(_ actual: [Double], _ expected: [Double]) {
    #expect(actual.count == expected.count)
    for (step, (a, b)) in zip(actual, expected).enumerated() {
      #expect(abs(a - b) < 1e-12, "step \(step)")
    }
  }

  @Test func oneCycleIsPyTorchs() throws {
    // OneCycleLR(max_lr=0.8, total_steps=10, pct_start=0.3) of PyTorch 2.13
    let schedule = try LearningRateSchedule(.oneCycle, peak: 0.8, warmupSteps: 3, totalSteps: 10)
    expectEqual(
      rates(schedule),
      [
        0.032, 0.416, 0.8, 0.7603877056107791, 0.6493965231598104, 0.48900961754903144,
        0.3109935824509686, 0.1506066768401896, 0.03961549438922103, 3.2e-06,
      ])
  }

  @Test func cosineWithoutWarmupIsPyTorchs() throws {
    // CosineAnnealingLR(T_max=10, eta_min=0.1) of PyTorch 2.13
    let schedule = try LearningRateSchedule(.cosine(floor: 0.1), peak: 0.8, totalSteps: 10)
    expectEqual(
      rates(schedule),
      [
        0.8, 0.7828697807033038, 0.7331559480312316, 0.6557248383023656, 0.5581559480312316,
        0.45, 0.3418440519687685, 0.2442751616976345, 0.16684405196876845, 0.11713021929669627,
      ])
  }

  @Test func warmupRisesInEqualSteps() throws {
    let schedule = try LearningRateSchedule(.constant, peak: 0.8, warmupSteps: 4, totalSteps: 6)
    expectEqual(rates(schedule), [0.2, 0.4, 0.6, 0.8, 0.8, 0.8])
  }

  @Test func warmupLongerThanTheRunIsRefused() {
    #expect(
      throws: TrainingError.invalidHyperparameter(
        name: "warmup steps", value: "7", requirement: "0 to `6`")
    ) { try LearningRateSchedule(.constant, peak: 1, warmupSteps: 7, totalSteps: 6) }
  }
}
