import Checkpoints
import Diagnostics
import EmbeddedWorld
import Foundation
import ModelFamilies
import Probes
import RoutedModels
import Testing
import VisionTransformers

/// The world on disk, as a user's own would be read.
struct EmbeddedWorldTests {
  private func withWorld(_ world: EmbeddedWorld, _ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("routemark-world-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try world.write(to: folder)
    try body(folder)
  }

  private let small = EmbeddedWorld(seed: 3, trainCount: 12, testCount: 5)

  @Test func archivesHaveBalancedLabels() throws {
    try withWorld(small) { folder in
      for task in ProceduralTask.allCases {
        let source = try ProbeSource(path: "\(folder)/data/\(task.rawValue)/train.tar")
        #expect(source.samples.map(\.label) == (0..<12).map { $0 % task.classCount })
        _ = try source.image(at: 11)
      }
      let all = try ProbeSource(path: "\(folder)/data/pretraining/train.tar")
      #expect(all.samples.count == 12 * ProceduralTask.allCases.count)
    }
  }

  @Test func theTowerAndTheHeadsFitEachOther() throws {
    try withWorld(small) { folder in
      let tower = try VisionTower(
        dense: CheckpointTensors(Checkpoint(path: "\(folder)/zoo/initial"), CLIPFamily.tensorNames),
        EmbeddedWorld.configuration)
      #expect(tower.configuration.projectionSize == 64)
      let heads = try Checkpoint(path: "\(folder)/zoo/heads.safetensors")
      let all = ProceduralTask.allCases.reduce(0) { $0 + $1.classCount }
      #expect(heads.descriptor(of: "pretraining.weight")?.shape == [all, 64])
    }
  }

  @Test func equalSeedsGiveEqualFilesAndOtherSeedsDoNot() throws {
    func digests(_ world: EmbeddedWorld) throws -> [String] {
      var digests: [String] = []
      try withWorld(world) { folder in
        for name in [
          "data/dots/test.tar", "zoo/initial/model.safetensors", "zoo/heads.safetensors",
        ] { digests.append("\(try Digest.sha256(ofFile: "\(folder)/\(name)"))") }
      }
      return digests
    }
    let (one, two) = (try digests(small), try digests(small))
    #expect(one == two)
    let other = try digests(EmbeddedWorld(seed: 4, trainCount: 12, testCount: 5))
    #expect(zip(one, other).allSatisfy { $0 != $1 })
  }
}
