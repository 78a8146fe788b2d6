import Attribution
import CaseFiles
import Diagnostics
import Documents
import Foundation
import RoutingFingerprints
import Testing

/// Cases and fingerprints as files.
@Suite struct EvidenceDocumentTests {
  private let folder = NSTemporaryDirectory() + "routemark-case-files-\(UUID().uuidString)"

  init() throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  private func write(_ data: Data, _ name: String) throws -> String {
    let path = "\(folder)/\(name)"
    try data.write(to: URL(fileURLWithPath: path))
    return path
  }

  /// Expert e scores 4 on task e modulo N; block means are those of the whole.
  private func fingerprint(
    experts E: Int, layers L: Int, tasks N: Int, blocks B: Int = 0, model: UInt8 = 1
  ) throws -> ModelFingerprint {
    let means = (0..<N).map { task in
      (0..<E).map { expert in
        (0..<L).map { Double(expert % N == task ? 4 : 0) + Double(expert * L + $0) / 1024 }
      }
    }
    let blocks = TaskBlocks(
      counts: means.map { _ in [Int](repeating: 2, count: B) },
      meanLogits: means.map { table in
        (0..<B).map { _ in table.map { $0.map { Float($0) } } }
      })
    return try ModelFingerprint(
      description: TraceDescription(
        tasks: (0..<N).map { "t\($0)" }, experts: (0..<E).map { "e\($0)" }, layerCount: L,
        modelDigest: Digest(bytes: repeatElement(model, count: 32)),
        suiteDigest: Digest(bytes: repeatElement(2, count: 32)), toolVersion: "test"),
      counts: [Int](repeating: B > 0 ? 2 * B : 3, count: N), meanLogits: means,
      blocks: B > 0 ? blocks : nil)
  }

  private func makeCase() throws -> AttributionCase {
    try AttributionCase(
      victim: fingerprint(experts: 3, layers: 2, tasks: 3),
      suspect: fingerprint(experts: 3, layers: 2, tasks: 3, model: 9), victimLabel: "mine",
      suspectLabel: "theirs", toolVersion: "test", commandLine: "test")
  }

  @Test("what is written is read back with the digest of its bytes")
  func roundTrip() throws {
    let value = try makeCase()
    let data = try EvidenceDocument.data(value)
    let read = try EvidenceDocument.read(AttributionCase.self, at: write(data, "c.json"))
    #expect(read.value == value)
    #expect(read.digest == Digest.sha256(of: data))
  }

  @Test("large tables are blocks of base64, and every bit comes back")
  func packed() throws {
    let value = try fingerprint(experts: 40, layers: 30, tasks: 5, blocks: 3)
    let data = try EvidenceDocument.data(value)
    let text = String(decoding: data, as: UTF8.self)
    #expect(text.contains("base64") && text.contains("packedLogits"))
    #expect(data.count < 40 * 30 * 5 * (2 * 8 + 3 * 4) * 3 / 2)
    let path = try write(data, "f.json")
    #expect(try EvidenceDocument.read(ModelFingerprint.self, at: path).value == value)
    // Version 1 has nested arrays only, and is read as well.
    let old = try EvidenceDocument.data(value, version: .one)
    #expect(!String(decoding: old, as: UTF8.self).contains("base64"))
    #expect(
      try EvidenceDocument.read(ModelFingerprint.self, at: write(old, "old.json")).value == value)
  }

  @Test(
    "a block whose digest, shape or length was edited is refused",
    arguments: [
      ("\"sha256\" : \"sha256:", "\"sha256\" : \"sha256:0000"), ("\"f64\"", "\"f32\""),
      ("\"base64\" : \"", "\"base64\" : \"AAAA"),
    ])
  func editedBlock(old: String, new: String) throws {
    let value = try fingerprint(experts: 40, layers: 30, tasks: 5)
    let text = String(decoding: try EvidenceDocument.data(value), as: UTF8.self)
      .replacingOccurrences(of: old, with: new)
    let path = try write(Data(text.utf8), "f.json")
    #expect(throws: DocumentError.self) {
      try EvidenceDocument.read(ModelFingerprint.self, at: path)
    }
  }

  @Test("unknown keys are refused, at the top and deep inside")
  func unknownKeys() throws {
    let text = String(decoding: try EvidenceDocument.data(makeCase()), as: UTF8.self)
    for (old, new, key) in [
      (
        "\"schema\" : \"routemark.case/2\"", "\"schema\" : \"routemark.case/2\", \"signedBy\" : 1",
        "signedBy"
      ),
      ("\"topOneIndex\"", "\"sure\" : true, \"topOneIndex\"", "attributions[].sure"),
    ] {
      let path = try write(Data(text.replacingOccurrences(of: old, with: new).utf8), "c.json")
      #expect(throws: CaseFileError.unknownKeys(file: path, keys: [key])) {
        try EvidenceDocument.read(AttributionCase.self, at: path)
      }
    }
  }

  @Test("cases of version 1 still read and verify")
  func versionOne() throws {
    let cases = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Results/real/cases")
    for name in ["same.json", "innocent.json", "disjoint.json"] {
      let path = cases.appendingPathComponent(name).path
      let contents = try EvidenceDocument.read(AttributionCase.self, at: path)
      #expect(contents.value.version == .one)
      let result = try CaseVerification(contents, file: path)
      #expect(result.verified, "\(name): \(result.discrepancies.first?.path ?? "")")
    }
  }

  @Test("verification names digests, verdict and what nobody can check from the case")
  func verification() throws {
    let path = try write(EvidenceDocument.data(makeCase()), "c.json")
    let contents = try EvidenceDocument.read(AttributionCase.self, at: path)
    var result = try CaseVerification(contents, file: path)
    #expect(result.verified && result.verdict == "matches the routing")
    #expect(result.subjects["victim"] == "\(Digest(bytes: repeatElement(1, count: 32)))")
    for words in ["mean logits", "command line", "thresholds", "has no calibration"] {
      #expect(result.notChecked.contains { $0.contains(words) }, "\(words)")
    }
    result.compare(.victim, of: contents.value, with: contents.value.victim)
    #expect(result.verified && !result.notChecked.contains { $0.contains("victim's mean") })
    result.compare(.suspect, of: contents.value, with: contents.value.victim)
    #expect(!result.verified && result.discrepancies.map(\.path) == ["suspect.modelDigest"])
  }
}
