import Baselines
import Foundation
import ModelMerging
import Testing

/// The baselines on trained towers that lie beside the project.
@Suite struct SharedModelTests {
  @Test func trainedTowersAndExpertsCompare() throws {
    guard let zoo = Self.zoo(for: #function) else { return }
    func open(_ name: String) throws -> ModelFolder { try ModelFolder(path: "\(zoo)/\(name)") }
    let (base, cars, mnist) = (try open("base"), try open("cars"), try open("mnist"))

    let whole = try ModelPCS(victim: ModelWeights(base), suspect: ModelWeights(cars))
    let back = try ModelPCS(victim: ModelWeights(cars), suspect: ModelWeights(base))
    #expect(abs(whole.similarity - back.similarity) < 1e-14)
    let own = try ModelPCS(victim: ModelWeights(cars), suspect: ModelWeights(cars))
    #expect(own.similarity == 1)
    let terms = try ModelICS(victim: ModelWeights(base), suspect: ModelWeights(cars))
    let ownTerms = try ModelICS(victim: ModelWeights(cars), suspect: ModelWeights(cars))
    #expect(abs(ownTerms.similarity - 1) < 1e-12)
    print("base and cars: PCS-M \(whole.similarity), ICS-M \(terms.similarity)")

    let experts = try [cars, mnist].map { try ExpertTaskVectors($0, base: base) }
    let cosine = try ExpertPCS(victim: experts[0], suspect: experts[1]).similarities.values
    let mirrored = try ExpertPCS(victim: experts[1], suspect: experts[0]).similarities.values
    #expect(cosine == mirrored)
    #expect(
      try ExpertPCS(victim: experts[0], suspect: experts[0]).similarities.values == [[1]])
    for embeddings in TokenEmbeddings.allCases {
      let invariant = try ExpertICS(
        victim: experts[0], suspect: experts[1], embeddings: embeddings
      ).similarities.values
      print("cars and mnist: ICS-E \(invariant) with embeddings \(embeddings.rawValue)")
    }
    print("cars and mnist: PCS-E \(cosine)")
  }

  private static func zoo(for test: String) -> String? {
    let package = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let zoo = package.deletingLastPathComponent().appendingPathComponent("shared/zoo").path
    if FileManager.default.fileExists(atPath: zoo + "/base/config.json") { return zoo }
    print("skipped: \(test): ../shared is not there")
    return nil
  }
}
