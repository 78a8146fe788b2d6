import Foundation

/// Trained models, images and PyTorch goldens that lie beside the project.
///
/// The project builds and passes its tests without them.
enum SharedMaterial {
  /// The folder, or `nil` after a line that says what was skipped.
  static func folder(for test: String) -> String? {
    let package = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let folder = package.deletingLastPathComponent().appendingPathComponent("shared").path
    if FileManager.default.fileExists(atPath: folder + "/zoo/base/config.json") { return folder }
    print("skipped: \(test): ../shared is not there")
    return nil
  }
}
