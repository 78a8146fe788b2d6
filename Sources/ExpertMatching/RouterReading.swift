import DecoderModels
import Foundation
import RoutedModels
import Tensors

/// What the rows of a mixture's routers say by themselves, without any token.
///
/// mergekit makes rows from prompts and divides them by their length (`hidden`, `cheap_embed`), or draws them
/// (`random`, N(0, 1); `uniform_random`). Training leaves both.
public struct RouterReading: Sendable, Hashable {
  /// How a router was probably made.
  public enum Origin: String, Sendable, Hashable, Codable, CaseIterable {
    /// Rows of length 1 that differ from layer to layer: hidden states of prompts.
    case hidden
    /// Rows of length 1, the same in every layer: sums of prompts' embeddings.
    case cheapEmbed = "cheap_embed"
    /// Rows as long as normal numbers are, sqrt(D).
    case random
    /// Rows as long as uniform numbers make them.
    case uniformRandom = "uniform_random"
    /// None of these, so trained, or made in another way.
    case trained

    /// Whether rows say nothing of the experts beneath them.
    public var isUntrained: Bool { self != .trained }
  }

  /// How the routers were probably made.
  public let origin: Origin
  /// The shortest and the longest row of all layers.
  public let normRange: ClosedRange<Double>
  /// Whether all layers have the same rows.
  public let layersAreEqual: Bool
  /// The mean cosine of two rows of a layer, over layers; 0 for a single expert.
  public let meanCosine: Double
  /// The largest condition number of a layer's rows: 1 for orthogonal ones.
  public let condition: Double

  /// Reads the routers of a model; `nil` when it has none.
  ///
  /// - Throws: what reading tensors throws.
  public init?(of model: DecoderModel) throws {
    guard !model.sites.isEmpty else { return nil }
    var (least, most) = (Double.infinity, 0.0)
    var isEqual = true
    var (cosines, pairs, condition) = (0.0, 0, 1.0)
    var first: [Float]?
    var (isNormal, isUniform) = (true, true)
    for site in model.sites {
      let slice = try model.routerRows(layer: site.layer)
      let rows = try slice.floats(rows: 0..<slice.rows)
      let D = slice.columns
      if let first, first != rows { isEqual = false }
      first = first ?? rows
      var gram = [[Double]](repeating: [], count: slice.rows)
      for a in 0..<slice.rows {
        gram[a] = (0..<slice.rows).map { b in
          (0..<D).reduce(0.0) { $0 + Double(rows[a * D + $1]) * Double(rows[b * D + $1]) }
        }
        let norm = gram[a][a].squareRoot()
        least = min(least, norm)
        most = max(most, norm)
        // The square of a row of normal numbers is D with a standard deviation of sqrt(2 D).
        isNormal =
          isNormal
          && abs(gram[a][a] - Double(D)) < min(6 * (2 * Double(D)).squareRoot(), 0.4 * Double(D))
        // mergekit divides uniform numbers of -1...1 by sqrt(D): their square is 1/3 on the mean.
        isUniform =
          isUniform
          && abs(gram[a][a] - 1 / 3) < min(6 * (4 / 45 / Double(D)).squareRoot(), 0.4 / 3)
      }
      for a in gram.indices {
        for b in 0..<a where gram[a][a] > 0 && gram[b][b] > 0 {
          cosines += gram[a][b] / (gram[a][a] * gram[b][b]).squareRoot()
          pairs += 1
        }
      }
      condition = max(condition, Self.condition(gram))
    }
    normRange = least...max(least, most)
    layersAreEqual = isEqual && model.sites.count > 1
    meanCosine = pairs > 0 ? cosines / Double(pairs) : 0
    self.condition = condition
    // Rounding to bf16 moves the length of a row by well under a percent.
    if least > 0.99, most < 1.01 {
      origin = layersAreEqual ? .cheapEmbed : .hidden
    } else if isNormal, abs(meanCosine) < 0.2 {
      origin = .random
    } else if isUniform, abs(meanCosine) < 0.2 {
      origin = .uniformRandom
    } else {
      origin = .trained
    }
  }

  /// The condition number of rows with this Gram matrix: the root of its largest over its least eigenvalue,
  /// by Jacobi's rotations.
  private static func condition(_ gram: [[Double]]) -> Double {
    var a = gram
    let n = a.count
    guard n > 1, n <= 64 else { return 1 }
    for _ in 0..<30 {
      var moved = 0.0
      for p in 0..<n {
        for q in p + 1..<n where abs(a[p][q]) > 1e-14 * (a[p][p] * a[q][q]).squareRoot() {
          moved += abs(a[p][q])
          let theta = (a[q][q] - a[p][p]) / (2 * a[p][q])
          let t = (theta < 0 ? -1.0 : 1) / (abs(theta) + (theta * theta + 1).squareRoot())
          let c = 1 / (t * t + 1).squareRoot()
          let s = t * c
          for k in 0..<n {
            (a[k][p], a[k][q]) = (c * a[k][p] - s * a[k][q], s * a[k][p] + c * a[k][q])
          }
          for k in 0..<n {
            (a[p][k], a[q][k]) = (c * a[p][k] - s * a[q][k], s * a[p][k] + c * a[q][k])
          }
        }
      }
      if moved == 0 { break }
    }
    let values = (0..<n).map { a[$0][$0] }
    let (least, most) = (values.min() ?? 0, values.max() ?? 0)
    return least > 0 ? (most / least).squareRoot() : .infinity
  }
}
