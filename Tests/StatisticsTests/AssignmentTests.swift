import Statistics
import Testing

@Suite struct AssignmentTests {
  @Test("the total counts, not the best single pair")
  func total() {
    #expect(Assignment.maximising([[10, 9], [9, 1]]) == [1, 0])
  }

  @Test("more rows than columns leave rows over, and the other way round")
  func rectangles() {
    #expect(Assignment.maximising([[1], [3], [2]]) == [nil, 0, nil])
    #expect(Assignment.maximising([[1, 3, 2]]) == [1])
    #expect(Assignment.maximising([]).isEmpty)
    #expect(Assignment.maximising([[], []]) == [nil, nil])
  }

  @Test("a rejected pair never displaces another")
  func reject() {
    #expect(Assignment.maximising([[0.9, 0.1], [0.1, 0.1]], rejectingBelow: 0.5) == [0, nil])
    // Taking the rejected 0.4 for row 0 would add up to more.
    #expect(
      Assignment.maximising([[0.6, 0.4], [0.55, 0.1]], rejectingBelow: 0.5) == [0, nil])
  }

  @Test("equal to trying all permutations", arguments: UInt64(0)..<60)
  func bruteForce(seed: UInt64) {
    var generator = SplitMix64(seed: seed)
    let rows = 1 + generator.index(below: 5)
    let columns = 1 + generator.index(below: 5)
    let threshold = Double(generator.index(below: 120)) / 100 - 0.3
    let benefit = (0..<rows).map { _ in
      (0..<columns).map { _ in Double(generator.index(below: 1000)) / 1000 }
    }
    let found = Assignment.maximising(benefit, rejectingBelow: threshold)
    let used = found.compactMap { $0 }
    #expect(Set(used).count == used.count)
    for (row, column) in found.enumerated() {
      if let column { #expect(benefit[row][column] >= threshold) }
    }
    // Benefits above the floor are what is maximised; see the definition of a rejected pair.
    let floor = min(benefit.joined().min() ?? 0, threshold)
    func value(_ assigned: [Int?]) -> Double {
      assigned.enumerated().reduce(0) { sum, pair in
        sum + (pair.element.map { benefit[pair.offset][$0] - floor } ?? 0)
      }
    }
    func search(_ row: Int, _ assigned: [Int?]) -> Double {
      guard row < rows else { return value(assigned) }
      let options = (0..<columns).filter {
        !assigned.contains($0) && benefit[row][$0] >= threshold
      }
      return options.reduce(search(row + 1, assigned + [nil])) {
        max($0, search(row + 1, assigned + [$1]))
      }
    }
    #expect(abs(value(found) - search(0, [])) < 1e-12)
  }
}
