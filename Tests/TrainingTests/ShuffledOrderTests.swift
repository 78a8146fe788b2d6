import Testing
import Training

@Suite struct ShuffledOrderTests {
  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func everyEpochIsAPermutationAndEpochsDiffer(seed: UInt64) {
    var order = ShuffledOrder(count: 30, seed: seed)
    let epochs = (0..<4).map { order.indices(from: $0 * 30, count: 30) }
    for epoch in epochs { #expect(epoch.sorted() == Array(0..<30)) }
    #expect(Set(epochs).count == 4)
  }

  @Test func anyPositionCanBeAskedForWithoutTheOnesBefore() {
    var whole = ShuffledOrder(count: 7, seed: 3)
    var jumping = ShuffledOrder(count: 7, seed: 3)
    let expected = whole.indices(from: 0, count: 40)
    #expect(jumping.indices(from: 25, count: 10) == Array(expected[25..<35]))
    #expect(jumping.indices(from: 3, count: 10) == Array(expected[3..<13]))
  }
}
