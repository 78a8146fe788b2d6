import Foundation
import ModelMerging

/// What `Scripts/goldens/baselines.py` recorded: NumPy's numbers in float64 for two small merges and
/// for given features.
struct BaselineGoldens: Decodable {
  struct Part: Decodable {
    let cosine: Double
    let pairedTensors: Int
    let pairedNumbers: Int
    let mismatchedTensors: Int
    let unpairedTensors: Int
  }

  struct ModelCosine: Decodable {
    let similarity: Double
    let parts: [String: Part]
  }

  struct InvariantCosines: Decodable {
    let model: Double
    let experts: [[Double]]
  }

  struct Alignment: Decodable {
    let samples: Int
    let firstWidth: Int
    let secondWidth: Int
    let first: [Double]
    let second: [Double]
    let biased: Double
    let unbiased: Double
    let standardizedBiased: Double
    let standardizedUnbiased: Double
  }

  let pcsModel: ModelCosine
  let pcsExperts: [[Double]]
  let ics: [String: InvariantCosines]
  let cka: [Alignment]

  static func read() throws -> BaselineGoldens {
    let data = try Data(contentsOf: folder.appendingPathComponent("expected.json"))
    return try JSONDecoder().decode(BaselineGoldens.self, from: data)
  }

  static func model(_ name: String) throws -> ModelFolder {
    try ModelFolder(path: folder.appendingPathComponent(name).path)
  }

  private static var folder: URL { Bundle.module.bundleURL.appendingPathComponent("Goldens") }
}

/// The largest distance between numbers at the same place.
func largestDistance(_ actual: [[Double]], _ expected: [[Double]]) -> Double {
  guard actual.map(\.count) == expected.map(\.count) else { return .infinity }
  return zip(actual.joined(), expected.joined()).map { abs($0 - $1) }.max() ?? 0
}

extension [[Double]] {
  /// Rows as columns.
  var transposed: [[Double]] {
    (first ?? []).indices.map { column in map { $0[column] } }
  }
}
