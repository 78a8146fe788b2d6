import Attribution
import Foundation
import RoutingFingerprints
import Testing

@Suite struct SimilarityMatrixTests {
  func matrix(_ victim: ModelFingerprint, _ suspect: ModelFingerprint) throws -> SimilarityMatrix {
    SimilarityMatrix(try TaskAlignment(victim: victim, suspect: suspect))
  }

  @Test("equation 15: two experts, two tasks, by hand")
  func byHand() throws {
    // Victim scores (1, -1) and (-1, 1); the suspect's expert 0 scores (1, 0), expert 1 (-1, 0).
    let victim = try fingerprint([[[2], [0]], [[0], [2]]])
    let suspect = try fingerprint([[[2], [0]], [[1], [1]]])
    let matrix = try matrix(victim, suspect)
    let cosine = 1 / 2.0.squareRoot()
    let score = [[(1 + cosine) / 2, (1 - cosine) / 2], [(1 - cosine) / 2, (1 + cosine) / 2]]
    func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
    func entropy(_ p: Double) -> Double { -p * log2(p) - (1 - p) * log2(1 - p) }
    func divergence(_ p: Double, _ q: Double) -> Double {
      // JSD as the entropy of the mean minus the mean entropy: another road to the same number.
      entropy((p + q) / 2) - (entropy(p) + entropy(q)) / 2
    }
    // Preferences for task 0: victim sigmoid(2), sigmoid(-2); suspect sigmoid(1), sigmoid(-1).
    let (same, other) = (
      1 - divergence(sigmoid(2), sigmoid(1)), 1 - divergence(sigmoid(2), sigmoid(-1))
    )
    let preference = [[same, other], [other, same]]
    for row in 0..<2 {
      for column in 0..<2 {
        #expect(abs(matrix.score[row][column] - score[row][column]) < 1e-14)
        #expect(abs(matrix.preference[row][column] - preference[row][column]) < 1e-14)
        let expected = (score[row][column] + preference[row][column]) / 2
        #expect(abs(matrix.similarity[row][column] - expected) < 1e-14)
      }
    }
  }

  @Test("rows are victim experts, columns suspect experts")
  func orientation() throws {
    let victim = try fingerprint(specialists(3), experts: ["a", "b", "c"])
    let suspect = try fingerprint(
      specialists(3).map { [$0[2], $0[0]] }, experts: ["x", "y"])
    let matrix = try matrix(victim, suspect)
    #expect(matrix.victimExperts == ["a", "b", "c"])
    #expect(matrix.suspectExperts == ["x", "y"])
    #expect(matrix.similarity.count == 3 && matrix.similarity.allSatisfy { $0.count == 2 })
    #expect(matrix.profile(ofSuspectExpert: 1) == matrix.similarity.map { $0[1] })
  }

  @Test("a model with itself: symmetric to the bit, 1 on the diagonal", arguments: UInt64(0)..<20)
  func withItself(seed: UInt64) throws {
    for mode in RPFMode.allCases {
      let model = try fingerprint(
        randomMeans(seed: seed, tasks: 4, experts: 5, layers: 3),
        options: FingerprintOptions(rpfMode: mode))
      let similarity = try matrix(model, model).similarity
      for row in 0..<5 {
        #expect(similarity[row][row] == 1, "seed \(seed)")
        for column in 0..<5 {
          #expect(similarity[row][column] == similarity[column][row], "seed \(seed)")
          #expect((0...1).contains(similarity[row][column]), "seed \(seed)")
        }
      }
    }
  }

  @Test("exchanging the roles transposes the matrix", arguments: UInt64(0)..<20)
  func exchangedRoles(seed: UInt64) throws {
    let a = try fingerprint(randomMeans(seed: seed, tasks: 3, experts: 4, layers: 2))
    let b = try fingerprint(randomMeans(seed: seed + 99, tasks: 3, experts: 2, layers: 2))
    let (forward, backward) = (try matrix(a, b).similarity, try matrix(b, a).similarity)
    for row in 0..<4 {
      for column in 0..<2 { #expect(forward[row][column] == backward[column][row]) }
    }
  }

  @Test("permuting the victim's experts permutes rows", arguments: UInt64(0)..<20)
  func permutedExperts(seed: UInt64) throws {
    let means = randomMeans(seed: seed, tasks: 4, experts: 5, layers: 3)
    var generator = SeededGenerator(seed: seed)
    let order = (0..<5).shuffled(using: &generator)
    let suspect = try fingerprint(randomMeans(seed: seed + 99, tasks: 4, experts: 3, layers: 3))
    let straight = try matrix(fingerprint(means), suspect).similarity
    let permuted = try matrix(
      fingerprint(means.map { table in order.map { table[$0] } }), suspect
    ).similarity
    for (row, source) in order.enumerated() {
      for column in 0..<3 {
        #expect(abs(permuted[row][column] - straight[source][column]) < 1e-12, "seed \(seed)")
      }
    }
  }

  @Test(
    "a suspect with its tasks in another order gives the same matrix", arguments: UInt64(0)..<20)
  func permutedTasks(seed: UInt64) throws {
    let means = randomMeans(seed: seed, tasks: 4, experts: 3, layers: 2)
    var generator = SeededGenerator(seed: seed)
    let order = (0..<4).shuffled(using: &generator)
    let victim = try fingerprint(randomMeans(seed: seed + 99, tasks: 4, experts: 3, layers: 2))
    let straight = try matrix(victim, fingerprint(means)).similarity
    let permuted = try matrix(
      victim,
      fingerprint(
        order.map { means[$0] }, tasks: order.map { "t\($0)" }, counts: order.map { $0 + 3 })
    ).similarity
    for (permuted, straight) in zip(permuted.joined(), straight.joined()) {
      #expect(abs(permuted - straight) < 1e-12, "seed \(seed)")
    }
  }

  @Test("a constant added to all experts of a layer changes nothing", arguments: UInt64(0)..<20)
  func layerConstants(seed: UInt64) throws {
    let means = randomMeans(seed: seed, tasks: 4, experts: 3, layers: 2)
    let victim = try fingerprint(randomMeans(seed: seed + 99, tasks: 4, experts: 3, layers: 2))
    let shifted = means.map { table in table.map { [$0[0] + 7.5, $0[1] - 2.25] } }
    let (straight, moved) = (
      try matrix(victim, fingerprint(means)), try matrix(victim, fingerprint(shifted))
    )
    for (straight, moved) in zip(straight.similarity.joined(), moved.similarity.joined()) {
      #expect(abs(straight - moved) < 1e-12, "seed \(seed)")
    }
  }

  @Test("per-layer preferences and natural logarithms give other matrices")
  func optionsMatter() throws {
    let means = randomMeans(seed: 5, tasks: 4, experts: 5, layers: 3)
    let variants = [
      FingerprintOptions(), FingerprintOptions(rpfMode: .perLayer),
      FingerprintOptions(jsdBase: .natural),
    ]
    let sums = try variants.map { options in
      let model = try fingerprint(means, options: options)
      return try matrix(model, model).similarity.joined().reduce(0, +)
    }
    #expect(sums[0] < sums[1] && sums[0] < sums[2])
  }

  @Test(
    "the victims' self-similarity equals the reference's within 1e-12",
    arguments: ["softmax", "raw"])
  func parityWithReference(routing: String) throws {
    let path = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../../shared/zoo/goldens-victim-\(routing).safetensors")
      .standardizedFileURL
    guard let data = try? Data(contentsOf: path) else {
      print("skipped: parityWithReference: ../shared is not there")
      return
    }
    let means = try doubles("mean_logits", in: data)
    let expected = try doubles("self_similarity", in: data)
    try #require(means.count == 5 * 5 * 12 && expected.count == 5 * 5)
    let model = try fingerprint(
      (0..<5).map { task in
        (0..<5).map { expert in
          let start = (task * 5 + expert) * 12
          return Array(means[start..<start + 12])
        }
      })
    let actual = Array(try matrix(model, model).similarity.joined())
    for (index, pair) in zip(actual, expected).enumerated() {
      #expect(abs(pair.0 - pair.1) <= 1e-12, "entry \(index / 5), \(index % 5)")
    }
  }

  /// Reads an F64 tensor: 8 bytes of header length, a JSON header, then data.
  func doubles(_ name: String, in data: Data) throws -> [Double] {
    let bytes = [UInt8](data)
    let headerLength = (0..<8).reduce(0) { $0 | Int(bytes[$1]) << (8 * $1) }
    let header = try JSONSerialization.jsonObject(with: Data(bytes[8..<8 + headerLength]))
    let tensors = try #require(header as? [String: Any])
    let tensor = try #require(tensors[name] as? [String: Any])
    #expect(tensor["dtype"] as? String == "F64")
    let offsets = try #require(tensor["data_offsets"] as? [Int])
    return stride(from: offsets[0], to: offsets[1], by: 8).map { offset in
      let start = 8 + headerLength + offset
      return Double(
        bitPattern: (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[start + $1]) << UInt64(8 * $1) })
    }
  }
}
