import Statistics
import Testing

@Suite struct ResamplingTests {
  @Test("SplitMix64 gives the published numbers")
  func reference() {
    var generator = SplitMix64(seed: 1_234_567)
    #expect(generator.next() == 6_457_827_717_110_365_317)
    #expect(generator.next() == 3_203_168_211_198_807_973)
  }

  @Test("indices lie below the bound and permutations hold every number once")
  func indices() {
    var generator = SplitMix64(seed: 3)
    var seen = Set<Int>()
    for _ in 0..<200 { seen.insert(generator.index(below: 7)) }
    #expect(seen == Set(0..<7))
    #expect(generator.permutation(of: 50).sorted() == Array(0..<50))
    #expect(generator.permutation(of: 0).isEmpty)
  }

  @Test("percentiles lie between neighbours and are turned around the value")
  func intervals() throws {
    func interval(
      _ value: Double, _ replicates: [Double], _ level: Double,
      _ range: ClosedRange<Double> = -9...9
    ) throws -> [Double] {
      let interval = try #require(
        BootstrapInterval(of: value, replicates, level: level, within: range))
      return [interval.lower, interval.upper]
    }
    #expect(try interval(2, [4, 0, 2, 1, 3], 0.5) == [1, 3])
    #expect(try interval(3, [4, 0, 2, 1, 3], 0.5) == [3, 5])
    let wide = try interval(0.25, [0, 1], 0.8)
    #expect(abs(wide[0] + 0.4) < 1e-15 && abs(wide[1] - 0.4) < 1e-15)
    #expect(try interval(3, [4, 0, 2, 1, 3], 0.5, 0...4) == [3, 4])
    #expect(BootstrapInterval(of: 1, [], level: 0.9, within: 0...1) == nil)
  }
}

@Suite struct SpanProjectionTests {
  private func product(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
  }

  private func residual(
    _ u: [Double], _ w: [Double], span: [[Double]]
  ) -> (cosine: Double, firstSquare: Double) {
    let projection = SpanProjection(gram: span.map { a in span.map { product(a, $0) } })
    return projection.residual(
      (product(u, u), span.map { product(u, $0) }), (product(w, w), span.map { product(w, $0) }),
      product: product(u, w))
  }

  @Test("what is left beside an axis is the rest of the vector")
  func axis() {
    let left = residual([3, 1, 1], [5, 1, 0], span: [[1, 0, 0]])
    #expect(abs(left.cosine - 0.5.squareRoot()) < 1e-12)
    #expect(abs(left.firstSquare - 2) < 1e-12)
  }

  @Test("vectors that repeat or depend on others span nothing more")
  func rank() {
    let span: [[Double]] = [[1, 1, 0], [2, 2, 0], [0, 1, 0], [1, 0, 0], [0, 0, 0]]
    let gram = span.map { a in span.map { product(a, $0) } }
    #expect(SpanProjection(gram: gram).rank == 2)
    let left = residual([1, 2, 3], [0, 0, -1], span: span)
    #expect(abs(left.cosine + 1) < 1e-12)
  }

  @Test("a vector within the span leaves nothing, and its cosine is 0")
  func within() {
    let left = residual([1, 2, 0], [1, 2, 1], span: [[1, 0, 0], [0, 1, 0]])
    #expect(left.cosine == 0 && left.firstSquare == 0)
    #expect(residual([0, 0, 0], [1, 2, 1], span: []).cosine == 0)
  }

  @Test("equal to Gram and Schmidt on the vectors themselves", arguments: UInt64(0)..<30)
  func explicit(seed: UInt64) {
    var generator = SplitMix64(seed: seed)
    let scale = [1e-6, 1, 1e6][generator.index(below: 3)]
    func vector() -> [Double] { (0..<12).map { _ in NormalNumber.draw(&generator) * scale } }
    let span = (0..<5).map { _ in vector() }
    var (u, w) = (vector(), vector())
    let found = residual(u, w, span: span)
    var basis: [[Double]] = []
    for var axis in span {
      for other in basis {
        let share = product(axis, other)
        axis = zip(axis, other).map { $0 - share * $1 }
      }
      let length = product(axis, axis).squareRoot()
      basis.append(axis.map { $0 / length })
    }
    for axis in basis {
      let (a, b) = (product(u, axis), product(w, axis))
      u = zip(u, axis).map { $0 - a * $1 }
      w = zip(w, axis).map { $0 - b * $1 }
    }
    let expected = product(u, w) / (product(u, u) * product(w, w)).squareRoot()
    #expect(abs(found.cosine - expected) < 1e-9)
    #expect(abs(found.firstSquare / product(u, u) - 1) < 1e-9)
  }
}
