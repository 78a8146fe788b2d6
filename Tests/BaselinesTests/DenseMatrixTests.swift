import Baselines
import Tensors
import Testing

@Suite struct DenseMatrixTests {
  @Test(arguments: [(1, 1, 1), (4, 4, 4), (5, 7, 3), (2, 300, 9), (9, 513, 6), (3, 0, 2)])
  func productEqualsPlainLoopsForEveryTransposition(M: Int, K: Int, N: Int) {
    var generator = SeededGenerator(seed: UInt64(M * 1000 + K))
    let first = gaussian(M, K, &generator)
    let second = gaussian(K, N, &generator)
    let plain = (0..<M).flatMap { row in
      (0..<N).map { column in
        (0..<K).reduce(0.0) { $0 + first[row, $1] * second[$1, column] }
      }
    }
    let operands: [(DenseMatrix, DenseMatrix, DenseMatrix.Transposition)] = [
      (first, second, []), (transposed(first), second, .first),
      (first, transposed(second), .second),
      (transposed(first), transposed(second), [.first, .second]),
    ]
    for threads in [1, 3] {
      for (a, b, transposing) in operands {
        let product = a.multiplied(
          by: b, transposing: transposing, pool: WorkerPool(threads: threads))
        #expect(product.rows == M && product.columns == N)
        let error = zip(product.elements, plain).map { abs($0 - $1) }.max() ?? 0
        #expect(error < 1e-12, "transposing \(transposing.rawValue)")
      }
    }
  }

  @Test func cosineSumsEqualPlainLoops() throws {
    var generator = SeededGenerator(seed: 9)
    var sums = CosineSums()
    var (dot, firsts, seconds) = (0.0, 0.0, 0.0)
    for count in [0, 1, 3, 4, 5, 1023] {
      let first = (0..<count).map { _ in Float(generator.normal()) }
      let second = (0..<count).map { _ in Float(generator.normal()) }
      sums.add(first, second)
      for index in 0..<count {
        dot += Double(first[index]) * Double(second[index])
        firsts += Double(first[index]) * Double(first[index])
        seconds += Double(second[index]) * Double(second[index])
      }
    }
    let cosine = try #require(sums.cosine)
    #expect(abs(cosine - dot / (firsts * seconds).squareRoot()) < 1e-14)
    #expect(CosineSums().cosine == nil)
  }

  private func transposed(_ matrix: DenseMatrix) -> DenseMatrix {
    DenseMatrix(
      rows: matrix.columns, columns: matrix.rows,
      elements: (0..<matrix.columns).flatMap { column in
        (0..<matrix.rows).map { matrix[$0, column] }
      })
  }
}
