import Reports
import Testing

@Suite struct FixedDigitsTests {
  @Test(arguments: [
    (0.0, "0.000"), (-0.0, "0.000"), (-0.0004, "0.000"), (0.98249, "0.982"), (-0.25, "-0.250"),
    (0.9996, "1.000"), (12.0625, "12.063"), (1e12, "1.00e+12"), (-2.5e37, "-2.50e+37"),
    (.infinity, "infinite"), (.nan, "not a number"),
  ])
  func numbersHaveThreeDigits(value: Double, text: String) {
    #expect(FixedDigits.text(value) == text)
  }

  @Test func zeroDigitsHaveNoPoint() {
    #expect(FixedDigits.text(2.5, digits: 0) == "3")
  }

  @Test func aNumberIsNeverWrittenAsAThresholdItHasNotReached() {
    #expect(FixedDigits.text(0.7996, besides: [0.8, 0.35]) == "0.7996")
    #expect(FixedDigits.text(0.79999996, besides: [0.8]) == "0.79999996")
    #expect(FixedDigits.text(0.8, besides: [0.8]) == "0.800")
    #expect(FixedDigits.text(0.7994, besides: [0.8]) == "0.799")
  }
}
