import Checkpoints
import Diagnostics
import Foundation
import PyTorchFiles
import Testing

/// Files of torch 2.15, recorded by `Scripts/goldens/imports.py`.
func golden(_ name: String) throws -> String {
  let folder = try #require(Bundle.module.resourceURL?.appendingPathComponent("Goldens").path)
  return "\(folder)/\(name)"
}

@Suite struct PyTorchCheckpointTests {
  /// Every tensor of `expected` is in `actual`, under a prefix, with the same bits.
  private func expectSame(
    _ actual: Checkpoint, _ expected: Checkpoint, prefix: String = ""
  ) throws {
    for name in expected.tensorNames {
      let found = try #require(actual.descriptor(of: prefix + name), "\(name)")
      let wanted = try #require(expected.descriptor(of: name))
      #expect(found.shape == wanted.shape && found.elementType == wanted.elementType, "\(name)")
      let bytes = try expected.withBytes(of: name) { Array($0) }
      #expect(try actual.withBytes(of: prefix + name) { Array($0) } == bytes, "\(name)")
      if wanted.elementType.isFloatingPoint {
        let values = try expected.doubles(name, shape: wanted.shape)
        #expect(try actual.doubles(prefix + name, shape: wanted.shape) == values, "\(name)")
      } else {
        let values = try expected.integers(name, shape: wanted.shape)
        #expect(try actual.integers(prefix + name, shape: wanted.shape) == values, "\(name)")
      }
    }
  }

  @Test(arguments: [2, 3, 4, 5])
  func everyTypeAndViewIsReadAsSafetensorsReadsIt(pickleProtocol: Int) throws {
    let checkpoint = try Checkpoint(path: golden("types-\(pickleProtocol).pt"))
    let expected = try Checkpoint(path: golden("types.safetensors"))
    #expect(checkpoint.tensorNames == expected.tensorNames)
    try expectSame(checkpoint, expected)
  }

  @Test func foldersOfHuggingFaceMayHoldBinFiles() throws {
    let expected = try Checkpoint(path: golden("tower"))
    for folder in ["tower-bin", "tower-shards"] {
      let checkpoint = try Checkpoint(path: golden(folder))
      #expect(checkpoint.tensorNames == expected.tensorNames)
      try expectSame(checkpoint, expected)
    }
    #expect(
      try Checkpoint(path: golden("tower-bin")).digest()
        == Digest.sha256(ofFile: golden("tower-bin/pytorch_model.bin")))
  }

  @Test func wrappersOfTrainingScriptsArePrefixes() throws {
    let checkpoint = try Checkpoint(path: golden("trained.ckpt"))
    try expectSame(
      checkpoint, Checkpoint(path: golden("tower")), prefix: "state_dict.module.")
  }

  @Test func mixturesOfFusionBenchAreRead() throws {
    try expectSame(
      Checkpoint(path: golden("wemoe")), Checkpoint(path: golden("wemoe.safetensors")))
  }

  @Test func whatIsNotReadIsRefusedByName() throws {
    func message(_ name: String) throws -> String {
      do {
        _ = try Checkpoint(path: golden(name))
        return ""
      } catch let error as PyTorchFileError {
        return error.what
      }
    }
    #expect(try message("legacy.pt").contains("before version 1.6"))
    #expect(try message("script.pt").contains("TorchScript"))
    #expect(try message("module.pt").contains("torch.nn.modules.linear.Linear"))
  }

  @Test func streamsNeedElementsOneBehindTheOther() throws {
    let path = try golden("types-2.pt")
    let checkpoint = try Checkpoint(path: path)
    let whole = try checkpoint.stream("views.whole")
    #expect(
      try whole.floats(rows: 1..<2)
        == Array(checkpoint.floats("views.whole", shape: [6, 5])[5..<10]))
    #expect(throws: CheckpointError.notRowMajor(tensor: "views.transposed", file: path)) {
      try checkpoint.stream("views.transposed")
    }
  }
}
