import ModelMerging
import Tampering
import Tensors
import Testing

@Suite struct WeightTests {
  @Test func magnitudePruningZeroesWhatIsAtMostTheSortedWeightAtThatIndex() throws {
    // Sorted magnitudes: 1 2 3 4 5 6 7 8 9 10; index int(10 * 0.3) = 3 has 4.
    let weights: [Float] = [5, -1, 10, 2, -4, 3, -9, 8, 7, -6]
    #expect(
      MagnitudePruning.pruned(weights, sparsity: 0.3) == [5, 0, 10, 0, 0, 0, -9, 8, 7, -6])
  }

  @Test func magnitudePruningRemovesAllWeightsThatTieWithTheThreshold() {
    #expect(MagnitudePruning.pruned([2, -2, 2, 3], sparsity: 0.25) == [0, 0, 0, 3])
  }

  @Test func magnitudePruningOfNothingChangesNothing() {
    #expect(MagnitudePruning.pruned([1, 0.5], sparsity: 0) == [1, 0.5])
  }

  @Test(arguments: [-0.1, 1, 2, Double.nan, .infinity])
  func sparsityOutsideOfZeroToOneIsRefused(_ sparsity: Double) {
    #expect(
      throws: TamperingError.valueOutOfRange(
        name: "sparsity", expected: "at least 0 and below 1", actual: "\(sparsity)")
    ) { try MagnitudePruning(sparsity: sparsity) }
  }

  @Test func quantisationRoundsEachRowToItsOwnScale() {
    // 3 bits: levels -3...3. First row: scale 1, ties go to even. Second: scale 0.5.
    let rows: [Float] = [3, 0.5, 1.5, -2.5, 1.5, -0.3, 0.2, 0.6]
    #expect(
      Quantization.quantized(rows, columns: 4, bits: 3) == [3, 0, 2, -2, 1.5, -0.5, 0, 0.5])
  }

  @Test func quantisationTo8BitsHas127LevelsOnEachSide() {
    #expect(Quantization.quantized([127, 0.4, -63.6], columns: 3, bits: 8) == [127, 0, -64])
    #expect(Quantization.quantized([0, 0], columns: 2, bits: 8) == [0, 0])
  }

  @Test(arguments: [0, 2, 5, 16]) func otherNumbersOfBitsAreRefused(_ bits: Int) {
    #expect(throws: TamperingError.unsupportedBits(actual: bits)) { try Quantization(bits: bits) }
  }

  @Test func wandaWeighsByTheSizeOfTheInput() {
    // Scores 4*1, 3*2, 2*3, 1*10 = 4 6 6 10: of the two sixes the first goes.
    let removed = WandaPruning.removed(
      [4, -3, 2, 1], inputNorms: [1, 2, 3, 10], pattern: .unstructured(sparsity: 0.5))
    #expect(removed == [true, true, false, false])
  }

  @Test(arguments: [UInt64(1), 2, 3])
  func wandaKeepsExactlyNOfEveryM(_ seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let weights = (0..<6 * 16).map { _ in Float(generator.normal()) }
    let norms = (0..<16).map { _ in generator.uniform() }
    let removed = WandaPruning.removed(
      weights, inputNorms: norms, pattern: .structured(kept: 2, group: 4))
    for start in stride(from: 0, to: weights.count, by: 4) {
      #expect(removed[start..<start + 4].count { $0 } == 2, "seed \(seed), group \(start / 4)")
    }
  }

  @Test(arguments: [UInt64(1), 2, 3])
  func wandaRemovesTheSameNumberFromEveryRow(_ seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let weights = (0..<5 * 10).map { _ in Float(generator.normal()) }
    let removed = WandaPruning.removed(
      weights, inputNorms: [Double](repeating: 1, count: 10),
      pattern: .unstructured(sparsity: 0.37))
    for row in 0..<5 {
      #expect(removed[row * 10..<row * 10 + 10].count { $0 } == 3, "seed \(seed), row \(row)")
    }
  }

  @Test func permutationMovesRowsAndColumns() {
    let matrix: [Float] = [0, 1, 2, 10, 11, 12]
    #expect(UnitOrder([1, 0]).rows(matrix) == [10, 11, 12, 0, 1, 2])
    #expect(UnitOrder([2, 0, 1]).columns(matrix) == [2, 0, 1, 12, 10, 11])
  }
}
