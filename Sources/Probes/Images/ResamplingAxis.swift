/// For each output position along one axis, which input positions it is made of and how much.
///
/// Only the output positions in a window are computed, so that a centre crop of a much larger
/// resized picture costs no more than the crop.
///
/// Numerics: weights in Double, normalised to sum one, then rounded to fixed point with 22
/// fractional bits; this is Pillow's arithmetic, to the bit.
struct ResamplingAxis {
  static let fractionBits: Int32 = 22

  /// First input position of each output position.
  private(set) var starts: [Int] = []
  /// Number of input positions of each output position.
  private(set) var counts: [Int] = []
  /// Fixed-point weights, `stride` of them for each output position.
  private(set) var weights: [Int32] = []
  let stride: Int

  /// - Precondition: `window` lies within `0..<output`; the filter is not `nearest`.
  init(input: Int, output: Int, window: Range<Int>, filter: ResamplingFilter) {
    precondition(window.lowerBound >= 0 && window.upperBound <= output, "a window of the output")
    precondition(filter != .nearest, "the nearest pixel has no weights")
    let scale = Double(input) / Double(output)
    let filterScale = max(scale, 1)
    let support = filter.support * filterScale
    stride = Int(support.rounded(.up)) * 2 + 1
    weights = [Int32](repeating: 0, count: stride * window.count)
    starts.reserveCapacity(window.count)
    counts.reserveCapacity(window.count)
    let inverse = 1 / filterScale
    var row = [Double](repeating: 0, count: stride)
    for (index, position) in window.enumerated() {
      let centre = (Double(position) + 0.5) * scale
      let start = max(Int(centre - support + 0.5), 0)
      let count = min(Int(centre + support + 0.5), input) - start
      var sum = 0.0
      for tap in 0..<count {
        row[tap] = filter.weight(at: (Double(tap + start) - centre + 0.5) * inverse)
        sum += row[tap]
      }
      for tap in 0..<count {
        let weight = (sum != 0 ? row[tap] / sum : row[tap]) * Double(1 << Self.fractionBits)
        weights[index * stride + tap] = Int32(weight < 0 ? weight - 0.5 : weight + 0.5)
      }
      starts.append(start)
      counts.append(count)
    }
  }

  /// The input positions that the window needs.
  var inputRange: Range<Int> {
    let last = zip(starts, counts).map { $0 + $1 }.max() ?? 0
    return (starts.min() ?? 0)..<last
  }

  /// For each output position in `window` the input position that `nearest` takes; -1 is none.
  ///
  /// Numerics: the position is accumulated step by step, as Pillow does, not multiplied.
  static func nearest(input: Int, output: Int, window: Range<Int>) -> [Int] {
    let scale = Double(input) / Double(output)
    var position = scale * 0.5
    var table: [Int] = []
    table.reserveCapacity(window.count)
    for index in 0..<window.upperBound {
      let source = Int(position)
      if index >= window.lowerBound { table.append(source < input ? source : -1) }
      position += scale
    }
    return table
  }
}
