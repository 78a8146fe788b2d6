import Coordinates
import ExpertResponses
import Foundation
import ModelMerging
import Tampering
import Testing

private let zoo = "../shared/zoo"
private let hasZoo = FileManager.default.fileExists(atPath: zoo + "/base/config.json")

/// The same on models that were trained.
@Suite(.enabled(if: hasZoo, "needs ../shared/zoo")) struct ZooRewriteTests {
  private func expert(_ name: String) throws -> ExpertTower {
    try ModelFolder(path: "\(zoo)/\(name)").expertTowers[0]
  }

  @Test(arguments: Rewrites.all)
  func aRewriteChangesNeitherOutputsNorProducts(_ rewrites: Rewrites) throws {
    let base = try expert("base")
    let suspect = try expert("cars")
    let changed = try rewritten(suspect, by: rewrites.kinds, count: 64)
    let difference = relativeDifference(try features(suspect), try features(changed))
    #expect(difference < 1e-3, "\(difference)")
    for part in ExpertPart.allCases {
      let found = try products(
        of: part,
        base: RandomTowers.Base(tensors: base.tensors, configuration: base.configuration),
        victim: expert("gtsrb"), nulls: [expert("scene15"), expert("dtd10")],
        suspects: [suspect, changed], samples: 2)
      let largest = largestDifference(found[0], found[1])
      #expect(largest < 1e-4, "\(part) \(largest)")
    }
  }
}
