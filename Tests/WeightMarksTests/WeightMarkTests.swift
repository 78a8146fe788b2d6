import Checkpoints
import ExactTests
import Foundation
import KeyedRandomness
import RoutedModels
import Statistics
import Testing
import WeightMarks

@Suite struct WeightMarkTests {
  @Test func roundingKeepsTheMeanAndGivesNumbersOfTheType() {
    for (type, step, x) in [
      (ElementType.f16, 0x1p-10, 1.0003), (.bf16, 0x1p-7, 1.0003), (.bf16, 0x1p-6, -2.01),
      (.f16, 0x1p-24, 3.3e-7),
    ] {
      let lower = (x / step).rounded(.down) * step
      let trials = 2000
      let values = (0..<trials).map { trial in
        StochasticRounding.rounded(x, to: type, dither: (Double(trial) + 0.5) / Double(trials))
      }
      #expect(Set(values).isSubset(of: [Float(lower), Float(lower + step)]))
      let mean = values.reduce(0.0) { $0 + Double($1) } / Double(trials)
      // A grid of dithers is off by one trial at most.
      #expect(abs(mean - x) <= step / Double(trials), "\(type) \(x): \(mean)")
    }
    #expect(StochasticRounding.rounded(0.1, to: .f32, dither: 0.9) == Float(0.1))
    #expect(StochasticRounding.rounded(1, to: .f16, dither: 0.9) == 1)
    #expect(StochasticRounding.rounded(70000, to: .f16, dither: 0.1) == 65504)
    #expect(StochasticRounding.rounded(0, to: .bf16, dither: 0.5) == 0)
  }

  @Test func patternsOfOtherTensorsLicenseesAndKeysAreUnrelated() {
    let count = 20_000
    let role = TensorRole(.up, .weight, layer: 1, slot: .dense)
    let other = TensorRole(.up, .weight, layer: 2, slot: .dense)
    let key = SecretKey()
    for values in [MarkPattern.Values.normals, .signs] {
      let own = MarkPattern(key, licensee: "a", values: values)
      let pattern = own.values(over: role, count: count)
      #expect(own.values(over: role, count: count) == pattern)
      // A task vector's own tower calls the same tensor dense, base or task vector.
      #expect(own.values(over: role.inSlot(.taskVector(3)), count: count) == pattern)
      for stranger in [
        own.values(over: other, count: count),
        MarkPattern(key, licensee: "b", values: values).values(over: role, count: count),
        MarkPattern(key, licensee: nil, values: values).values(over: role, count: count),
        MarkPattern(SecretKey(), licensee: "a", values: values).values(over: role, count: count),
      ] {
        let product = zip(pattern, stranger).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
        // Six standard errors: the keys are fresh each time.
        #expect(abs(product) < 6 * Double(count).squareRoot())
      }
    }
  }

  /// What an innocent's difference from the reference may look like.
  enum Innocent: CaseIterable {
    case even, heavyTailed, sparse, oneSided, rounded

    func differences(_ count: Int, _ words: inout KeyedGenerator) -> [Float] {
      (0..<count).map { index in
        let normal = Float(KeyedNormals.normal(words.next()))
        return switch self {
        case .even: normal
        case .heavyTailed: normal * normal * normal
        case .sparse: index % 9 == 0 ? normal : 0
        case .oneSided: abs(normal) + 1
        case .rounded: (normal * 2).rounded() / 2
        }
      }
    }
  }

  @Test("keys accuse no kind of innocent more often than they say", arguments: Innocent.allCases)
  func atLeastUniform(kind: Innocent) throws {
    let key = try #require(SecretKey(hexadecimal: String(repeating: "5a", count: 32)))
    var words = KeyedGenerator(KeyStream(key, purpose: ["innocents", "\(kind)"]))
    let count = 300
    let suspect = kind.differences(count, &words)
    let reference = [Float](repeating: 0, count: count)
    let role = TensorRole(.up, .weight, layer: 0, slot: .dense)
    for (values, markKind) in [
      (MarkPattern.Values.normals, KeyedMark.Kind.gaussian), (.signs, .signs),
    ] {
      var found = Accusations()
      for trial in 0..<2000 {
        var mark = try KeyedMark(kind: markKind)
        try mark.add(
          suspect: suspect, reference: reference,
          key: MarkPattern(key, licensee: "\(trial)", values: values)
            .values(over: role, count: count),
          leavingOutZeros: kind == .sparse)
        found.add(mark.pValue)
      }
      #expect(found.exceeded([0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75]).isEmpty)
    }
  }
}
