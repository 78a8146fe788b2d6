import Foundation

/// Material beside the repository, where it is there.
enum Shared {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("shared/llm").path
  static let hasTinyModels = FileManager.default.fileExists(atPath: folder + "/tiny/mixtral")
}
