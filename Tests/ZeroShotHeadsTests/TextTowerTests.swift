import Checkpoints
import Diagnostics
import Documents
import Files
import Foundation
import Testing
import ZeroShotHeads

/// Against transformers; recorded by Scripts/goldens/clip_text.py.
@Suite struct TextTowerTests {
  private struct Expected: Decodable {
    let prompt: String
    let ids: [Int]
    let features: [Double]
  }

  private let folder: String
  private let expected: [Expected]

  init() throws {
    folder = try #require(Bundle.module.url(forResource: "Goldens", withExtension: nil)).path
    expected = try StrictJSON.decode([Expected].self, contentsOf: "\(folder)/expected.json")
  }

  @Test func tokensAreThoseOfTransformers() throws {
    let tokenizer = try BytePairTokenizer(folder: folder)
    for expected in expected { #expect(tokenizer.tokens(expected.prompt) == expected.ids) }
  }

  @Test func featuresAreThoseOfTransformers() throws {
    let tower = try TextTower(folder: folder)
    #expect(tower.width == 6)
    #expect(tower.logitScale.map { abs($0 - 100) < 0.01 } == true)
    for expected in expected {
      let features = try tower.features(expected.prompt)
      #expect(features.count == 6)
      for (feature, wanted) in zip(features, expected.features) {
        #expect(abs(feature - wanted) < 1e-6)
      }
    }
  }

  @Test func aPromptThatIsTooLongIsRefused() throws {
    let tower = try TextTower(folder: folder)
    let prompt = String(repeating: "cat ", count: 39)
    #expect(throws: HeadsError.promptTooLong(prompt: prompt, limit: 40, actual: 41)) {
      try tower.features(prompt)
    }
  }

  @Test func headsAreMeansOfUnitFeaturesAndReadBack() throws {
    let tower = try TextTower(folder: folder)
    var heads = try ZeroShotHeads(logitScale: 100)
    let classes = try ClassNames(["cat", "dog"], task: "pets")
    try heads.add(
      "pets", classes: classes, templates: ["a {}.", "the {}"], tower: tower, file: folder)
    let rows = heads.heads[0].rows
    func unit(_ row: [Double]) -> [Double] {
      let length = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return row.map { $0 / length }
    }
    let (first, second) = (
      unit(try tower.features("a dog.")), unit(try tower.features("the dog"))
    )
    let mean = unit(zip(first, second).map { $0 + $1 })
    for (value, wanted) in zip(rows[1], mean) { #expect(abs(value - wanted) < 1e-12) }

    let path = NSTemporaryDirectory() + "heads-\(UUID().uuidString).safetensors"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try heads.write(to: path, replacing: false)
    let checkpoint = try Checkpoint(path: path)
    #expect(checkpoint.metadata["logit_scale"] == "100.0")
    #expect(checkpoint.metadata["classes"] == #"{"pets":["cat","dog"]}"#)
    #expect(
      try checkpoint.floats("pets.weight", shape: [2, 6]) == rows.flatMap { $0.map(Float.init) })
  }

  @Test func aTemplateNeedsAPlaceAndClassesAName() throws {
    let tower = try TextTower(folder: folder)
    var heads = try ZeroShotHeads(logitScale: 100)
    let classes = try ClassNames(["cat"], task: "pets")
    #expect(throws: HeadsError.templateWithoutPlace(template: "a photo")) {
      try heads.add("pets", classes: classes, templates: ["a photo"], tower: tower, file: folder)
    }
    #expect(throws: HeadsError.impossibleClasses(task: "pets", reason: "`a` stands twice")) {
      try ClassNames(["a", "a"], task: "pets")
    }
    #expect(throws: HeadsError.self) { try ZeroShotHeads(logitScale: 0) }
  }

  @Test func foldersAreFoundInAHeadByTheirNames() throws {
    let names = try ClassNames(["Zebra crossing", "yak"], task: "x")
    #expect(names.rows(of: ["yak", "zebra_crossing"]) == [1, 0])
    #expect(names.rows(of: ["a", "b"]) == nil)
    #expect(names.rows(of: ["yak"]) == nil)
    #expect(names.rows(of: ["yak", "Yak"]) == nil)
  }
}
