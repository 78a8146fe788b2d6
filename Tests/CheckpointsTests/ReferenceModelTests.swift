import Checkpoints
import Foundation
import Testing

@Suite struct ReferenceModelTests {
  /// The folder `shared` beside the package, if it is there.
  private static func shared(for test: String) -> URL? {
    let package = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let folder = package.deletingLastPathComponent().appendingPathComponent("shared")
    guard FileManager.default.fileExists(atPath: folder.path) else {
      print("skipped: \(test): ../shared is not there")
      return nil
    }
    return folder
  }

  @Test func modelsOfOtherWritersAreReadAndWrittenBackUnchanged() throws {
    guard let shared = Self.shared(for: "modelsOfOtherWritersAreReadAndWrittenBackUnchanged")
    else { return }
    let folder = try TemporaryFolder()
    let zoo = shared.appendingPathComponent("zoo")
    for name in ["base/model.safetensors", "goldens-base.safetensors"] {
      let path = zoo.appendingPathComponent(name).path
      let checkpoint = try Checkpoint(path: path)
      #expect(!checkpoint.tensorNames.isEmpty)
      let descriptors = checkpoint.tensorNames.compactMap { checkpoint.descriptor(of: $0) }
      for tensor in descriptors where tensor.elementType.isFloatingPoint {
        let floats = try checkpoint.floats(tensor.name, shape: tensor.shape)
        #expect(floats.count == tensor.elementCount)
      }
      let copy = folder.path + "/copy.safetensors"
      let writer = try SafetensorsWriter(
        path: copy,
        tensors: descriptors.map {
          .init(name: $0.name, elementType: $0.elementType, shape: $0.shape)
        }, metadata: checkpoint.metadata, replacing: true)
      for name in writer.order {
        try checkpoint.withBytes(of: name) { try writer.write(name, bytes: $0) }
      }
      try writer.commit()
      // The order of metadata is open upstream, so files with more than one entry may differ.
      if checkpoint.metadata.count < 2 {
        #expect(try contents(of: copy) == contents(of: path), "\(name)")
      }
    }
  }
}
