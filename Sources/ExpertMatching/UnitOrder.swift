import Foundation
import Tensors

/// Where the hidden units of an expert stand in the base, and by which factors their up rows were rescaled.
///
/// A SwiGLU expert computes the same whatever order its units have, and whatever factor goes from an up row to
/// the down column. Units are matched to the *base's* by what their gate rows say to random tokens, never to a
/// victim's, so that no candidate is favoured.
struct UnitOrder: Sendable {
  /// For every unit the base's unit that it is; `nil` where all stand in place.
  let places: [Int]?
  /// The factor of every unit's up row; `nil` where all are 1 as far as can be seen.
  let factors: [Float]?
  /// How many units stand in another place.
  var movedCount: Int { places.map { $0.enumerated().count { $0.offset != $0.element } } ?? 0 }

  /// The same order with factors of which more is known.
  init(places: [Int]?, factors: [Float]?) {
    self.places = places
    self.factors = factors
  }

  /// A unit whose gate row is this like the base's is that unit.
  private static let likeness: Float = 0.8

  /// Matches units.
  ///
  /// - Parameters:
  ///   - gate, up: `[I, probes]`, what gate and up rows of the suspect and of the base give.
  init(
    gate: [Float], up: [Float], baseGate: [Float], baseUp: [Float], units: Int, kernels: Kernels
  ) {
    let width = units > 0 ? gate.count / units : 0
    let (own, base) = (Self.unitRows(gate, width), Self.unitRows(baseGate, width))
    let inPlace = (0..<units).count { unit in
      Self.dot(own, unit, base, unit, width) >= Self.likeness
    }
    places =
      inPlace * 20 >= units * 19
      ? nil : Self.match(own, base, units: units, width: width, kernels: kernels)
    factors = Self.rescaling(up, baseUp, units: units, width: width, places: places)
  }

  private static func unitRows(_ rows: [Float], _ width: Int) -> [Float] {
    var rows = rows
    guard width > 0 else { return rows }
    for start in stride(from: 0, to: rows.count, by: width) {
      let square = rows[start..<start + width].reduce(0) { $0 + $1 * $1 }
      let scale = square > 0 ? 1 / square.squareRoot() : 0
      for index in start..<start + width { rows[index] *= scale }
    }
    return rows
  }

  private static func dot(_ a: [Float], _ i: Int, _ b: [Float], _ j: Int, _ width: Int) -> Float {
    (0..<width).reduce(0) { $0 + a[i * width + $1] * b[j * width + $1] }
  }

  /// The base's unit of every unit: the most alike pairs first, nobody twice.
  ///
  /// - Returns: `nil` where too few units resemble any.
  private static func match(
    _ own: [Float], _ base: [Float], units: Int, width: Int, kernels: Kernels
  ) -> [Int]? {
    guard width > 0 else { return nil }
    var nearest: [(unit: Int, place: Int, likeness: Float)] = []
    let height = max(1, min(units, (1 << 22) / max(units, 1)))
    var block = [Float](repeating: 0, count: height * units)
    for first in stride(from: 0, to: units, by: height) {
      let count = min(height, units - first)
      own.withUnsafeBufferPointer { a in
        base.withUnsafeBufferPointer { b in
          block.withUnsafeMutableBufferPointer { c in
            guard let a = a.baseAddress, let b = b.baseAddress, let c = c.baseAddress else {
              return
            }
            kernels.multiply(
              rows: count, columns: units, inner: width, a + first * width, rowStride: width,
              columnStride: 1, b, rowStride: 1, columnStride: width, into: c, stride: units)
          }
        }
      }
      for row in 0..<count {
        var (best, place) = (-Float.infinity, 0)
        for column in 0..<units where block[row * units + column] > best {
          (best, place) = (block[row * units + column], column)
        }
        nearest.append((first + row, place, best))
      }
    }
    guard nearest.count(where: { $0.likeness >= likeness }) * 10 >= units * 9 else { return nil }
    var places = [Int](repeating: -1, count: units)
    var isTaken = [Bool](repeating: false, count: units)
    for pair in nearest.sorted(by: { ($1.likeness, $0.unit) < ($0.likeness, $1.unit) })
    where !isTaken[pair.place] {
      places[pair.unit] = pair.place
      isTaken[pair.place] = true
    }
    var free = isTaken.indices.filter { !isTaken[$0] }[...]
    for unit in places.indices where places[unit] < 0 { places[unit] = free.popFirst() ?? unit }
    return places
  }

  private static func rescaling(
    _ up: [Float], _ baseUp: [Float], units: Int, width: Int, places: [Int]?
  ) -> [Float]? {
    guard width > 0, units > 0 else { return nil }
    let factors = (0..<units).map { unit -> Float in
      let place = places?[unit] ?? unit
      let square = dot(baseUp, place, baseUp, place, width)
      return square > 0 ? dot(up, unit, baseUp, place, width) / square : 1
    }
    // Training moves factors a little, and zeros make all of them smaller; a rescaling spreads them.
    let middle = factors.sorted()[units / 2]
    let far = factors.count { !(abs($0 / middle - 1) < 0.35) }
    return far * 5 > units && factors.allSatisfy { $0.isFinite && abs($0) > 1e-4 } ? factors : nil
  }
}
