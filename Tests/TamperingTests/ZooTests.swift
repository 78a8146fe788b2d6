import Foundation
import ModelMerging
import Tampering
import Testing

@Suite struct ZooTests {
  @Test func tamperingWithATrainedExpertRemovesTheShareOfWeightsAskedFor() throws {
    let package = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let zoo = package.deletingLastPathComponent().appendingPathComponent("shared/zoo").path
    guard FileManager.default.fileExists(atPath: zoo + "/cars/config.json") else {
      print("skipped: tampering with a trained expert: ../shared is not there")
      return
    }
    let report = try ModelTampering(
      of: ModelFolder(path: zoo + "/cars"), by: MagnitudePruning(sparsity: 0.3), tool: "test 1"
    ).preview()
    let maps = report.changedTensors
    #expect(maps.count == 6 * 12)
    // f16 weights repeat, so a few more than 30 % are at the threshold or below.
    for map in maps {
      let share = Double(map.changedCount) / Double(map.elementCount)
      #expect(share > 0.295 && share < 0.32, "\(map.name)")
    }
  }
}
