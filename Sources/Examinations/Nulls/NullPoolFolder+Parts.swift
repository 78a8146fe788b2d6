import CaseFiles
import Checkpoints
import Diagnostics
import Documents
import Files
import ModelMerging
import NullPools
import RoutingFingerprints

extension NullPoolFolder {
  /// Opens an expert, found to be the manifest's.
  ///
  /// - Throws: `NullPoolError.partChanged`, and what opening a model throws.
  func open(_ expert: NullPool.Expert) throws -> ModelFolder {
    let folder = try ModelFolder(path: resolve(expert.path))
    try require(expert.path, expert.sha256, try folder.digest())
    return folder
  }

  /// Reads the fingerprint of a merge, found to be the manifest's.
  ///
  /// - Throws: `NullPoolError.partChanged`, and what reading a fingerprint throws.
  func fingerprint(of merge: NullMerges.Entry) throws -> ModelFingerprint {
    let file = resolve(merge.fingerprint)
    try require(merge.fingerprint, merge.fingerprintDigest, try Digest.sha256(ofFile: file))
    return try EvidenceDocument.read(ModelFingerprint.self, at: file).value
  }

  private func require(_ part: String, _ expected: Digest, _ actual: Digest) throws {
    guard actual == expected else {
      throw NullPoolError.partChanged(
        pool: path, part: part, expected: expected, actual: actual)
    }
  }
}
