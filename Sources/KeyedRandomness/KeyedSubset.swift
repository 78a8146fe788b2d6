/// Which items of a pool a key chooses.
///
/// Every stratum (the whole pool, or the classes in ascending order) has its items in the pool's order. Of N items
/// round(share N) are chosen, halves rounded up, but at least 1 and at most N - 1 where N is 2 or more, and none of 1: item k = 0, 1, ... of
/// the list is exchanged with item k + (a number below N - k) of it, numbers being drawn from the stream of purpose
/// `subset` (Fisher and Yates); the first ones are chosen.
public enum KeyedSubset {
  /// Draws the subset.
  ///
  /// - Parameters:
  ///   - count: N, items in the pool.
  ///   - classes: one for each item if the draw is within classes, else `nil`.
  /// - Returns: whether each item was chosen.
  /// - Precondition: `share` is inside 0...1, and there is one class for each item.
  public static func chosen(
    of count: Int, share: Double, classes: [Int]? = nil, by key: SecretKey
  ) -> [Bool] {
    precondition(share > 0 && share < 1, "a share is above 0 and below 1")
    precondition(classes.map { $0.count == count } ?? true, "there is one class for each item")
    var generator = KeyedGenerator(KeyStream(key, purpose: ["subset"]))
    var chosen = [Bool](repeating: false, count: count)
    let strata = Dictionary(grouping: 0..<count) { classes?[$0] ?? 0 }
      .sorted { $0.key < $1.key }.map(\.value)
    for stratum in strata {
      var items = stratum
      for place in 0..<chosenCount(of: items.count, share: share) {
        items.swapAt(place, place + generator.index(below: items.count - place))
        chosen[items[place]] = true
      }
    }
    return chosen
  }

  /// How many of a stratum are chosen.
  static func chosenCount(of count: Int, share: Double) -> Int {
    guard count >= 2 else { return 0 }
    return min(max(Int((share * Double(count)).rounded()), 1), count - 1)
  }
}
