import Baselines
import Tensors
import Testing

@Suite struct LinearCKATests {
  @Test func equalsNumPyWithTheCentringMatrixAndSongsSums() throws {
    for golden in try BaselineGoldens.read().cka {
      let first = DenseMatrix(
        rows: golden.samples, columns: golden.firstWidth, elements: golden.first)
      let second = DenseMatrix(
        rows: golden.samples, columns: golden.secondWidth, elements: golden.second)
      let plain = LinearCKA(first, second)
      let standardized = LinearCKA(first.standardized(), second.standardized())
      let pairs = [
        (plain.biased, golden.biased), (plain.unbiased, golden.unbiased),
        (standardized.biased, golden.standardizedBiased),
        (standardized.unbiased, golden.standardizedUnbiased),
      ]
      for (actual, expected) in pairs {
        #expect(abs(try #require(actual) - expected) < 1e-10, "n = \(golden.samples)")
      }
    }
  }

  /// Biased CKA of independent features is about d / (n + d): it says "alike" of 20 images.
  @Test(arguments: [(20, 0.97), (200, 0.79), (2000, 0.28)])
  func ofIndependentFeaturesIsFarFromZeroOnlyWhereBiased(n: Int, expected: Double) throws {
    var generator = SeededGenerator(seed: 1)
    // One draw of 20 samples scatters by 0.08 around the unbiased estimator's mean, 300 by 0.005.
    let draws = n == 20 ? 300 : 1
    var (biased, unbiased) = (0.0, 0.0)
    for _ in 0..<draws {
      let first = gaussian(n, 768, &generator).standardized()
      let second = gaussian(n, 768, &generator).standardized()
      let alignment = LinearCKA(first, second)
      biased += try #require(alignment.biased) / Double(draws)
      unbiased += try #require(alignment.unbiased) / Double(draws)
    }
    print("independent features, n = \(n), d = 768: biased \(biased), unbiased \(unbiased)")
    #expect(abs(biased - expected) < 0.02)
    #expect(abs(unbiased) < 0.02)
  }

  @Test(arguments: [(9, 20), (40, 6)], [1, 2] as [UInt64])
  func isOneWithItselfSymmetricAndBlindToRotationScaleAndShift(
    shape: (samples: Int, width: Int), seed: UInt64
  ) throws {
    var generator = SeededGenerator(seed: seed)
    let first = gaussian(shape.samples, shape.width, &generator)
    let second = mixed(first, with: gaussian(shape.samples, shape.width, &generator))
    let own = LinearCKA(first, first)
    #expect(own.biased == 1 && own.unbiased == 1)
    let forth = LinearCKA(first, second)
    let back = LinearCKA(second, first)
    let rotated = LinearCKA(first, moved(rotated(second, &generator), factor: 3, shift: 0.7))
    for form in [\LinearCKA.biased, \LinearCKA.unbiased] as [KeyPath<LinearCKA, Double?>] {
      let value = try #require(forth[keyPath: form])
      #expect(value < 0.99)
      #expect(abs(try #require(back[keyPath: form]) - value) < 1e-12)
      #expect(abs(try #require(rotated[keyPath: form]) - value) < 1e-12)
    }
  }

  @Test func standardizedFeaturesMayBeScaledOneByOne() throws {
    var generator = SeededGenerator(seed: 5)
    let first = gaussian(30, 5, &generator)
    let second = mixed(first, with: gaussian(30, 5, &generator))
    let factors = [0.01, 1, 5, -3, 1000]
    let scaled = DenseMatrix(
      rows: 30, columns: 5,
      elements: second.elements.indices.map { second.elements[$0] * factors[$0 % 5] })
    let expected = try #require(
      LinearCKA(first.standardized(), second.standardized()).unbiased)
    let actual = try #require(LinearCKA(first.standardized(), scaled.standardized()).unbiased)
    #expect(abs(actual - expected) < 1e-12)
    let plain = try #require(LinearCKA(first, scaled).unbiased)
    #expect(abs(plain - expected) > 0.01)
  }

  @Test func doesNotDependOnTheThreadCount() {
    var generator = SeededGenerator(seed: 6)
    for (n, d) in [(33, 70), (301, 13)] {
      let first = gaussian(n, d, &generator)
      let second = gaussian(n, d + 1, &generator)
      let expected = LinearCKA(first, second, pool: WorkerPool(threads: 1))
      for threads in [2, 3, 8] {
        #expect(LinearCKA(first, second, pool: WorkerPool(threads: threads)) == expected)
      }
    }
  }

  @Test func isUndefinedForSamplesThatAreAllAlikeOrTooFew() {
    var generator = SeededGenerator(seed: 7)
    let some = gaussian(5, 3, &generator)
    // 0.1 has no exact mean in binary, so the rounded one would leave a little of each column.
    let alike = DenseMatrix(rows: 5, columns: 3, elements: [Double](repeating: 0.1, count: 15))
    #expect(LinearCKA(some, alike).biased == nil)
    #expect(LinearCKA(alike, some).unbiased == nil)
    #expect(alike.standardized().elements.allSatisfy { $0 == 0 })
    let few = gaussian(3, 2, &generator)
    #expect(LinearCKA(few, few).biased == 1)
    #expect(LinearCKA(few, few).unbiased == nil)
  }
}

func gaussian(_ rows: Int, _ columns: Int, _ generator: inout SeededGenerator) -> DenseMatrix {
  DenseMatrix(
    rows: rows, columns: columns, elements: (0..<rows * columns).map { _ in generator.normal() })
}

private func mixed(_ first: DenseMatrix, with second: DenseMatrix) -> DenseMatrix {
  DenseMatrix(
    rows: first.rows, columns: first.columns,
    elements: zip(first.elements, second.elements).map { $0 + $1 })
}

private func moved(_ matrix: DenseMatrix, factor: Double, shift: Double) -> DenseMatrix {
  DenseMatrix(
    rows: matrix.rows, columns: matrix.columns,
    elements: matrix.elements.map { factor * $0 + shift })
}

/// The matrix times a random orthogonal one, made of reflections (Householder).
private func rotated(_ matrix: DenseMatrix, _ generator: inout SeededGenerator) -> DenseMatrix {
  var elements = matrix.elements
  let width = matrix.columns
  for _ in 0..<4 {
    let axis = (0..<width).map { _ in generator.normal() }
    let square = axis.reduce(0) { $0 + $1 * $1 }
    for row in 0..<matrix.rows {
      let dot = (0..<width).reduce(0.0) { $0 + elements[row * width + $1] * axis[$1] }
      for column in 0..<width {
        elements[row * width + column] -= 2 * dot / square * axis[column]
      }
    }
  }
  return DenseMatrix(rows: matrix.rows, columns: width, elements: elements)
}
