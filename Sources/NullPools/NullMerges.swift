import Diagnostics
import Tensors

/// Merges of a pool's experts with routers of their own, captured over a probe suite.
///
/// Merge k is the mixture of the k-th expert of every task. Its fingerprint shows what an innocent
/// merge of the same tasks looks like from outside.
public struct NullMerges: Sendable, Hashable, Codable {
  /// How the routers are trained.
  public struct Adaptation: Sendable, Hashable, Codable {
    /// Optimiser steps.
    public var steps: Int
    /// The learning rate, constant.
    public var learningRate: Double
    /// Images of each task in a batch.
    public var batch: Int

    enum CodingKeys: String, CodingKey {
      case steps, batch
      case learningRate = "learning_rate"
    }

    /// Settings of a router's training.
    public init(steps: Int = 200, learningRate: Double = 1e-3, batch: Int = 16) {
      self.steps = steps
      self.learningRate = learningRate
      self.batch = batch
    }
  }

  /// One finished merge.
  public struct Entry: Sendable, Hashable, Codable {
    /// k: the place of its experts among those of their tasks.
    public var index: Int
    /// Its folder, relative to the pool's.
    public var path: String
    /// The model's digest.
    public var sha256: Digest
    /// The file of its fingerprint over the suite, relative to the pool's folder.
    public var fingerprint: String
    /// Digest of that file.
    public var fingerprintDigest: Digest

    enum CodingKeys: String, CodingKey {
      case index, path, sha256, fingerprint
      case fingerprintDigest = "fingerprint_sha256"
    }

    /// A merge.
    public init(
      index: Int, path: String, sha256: Digest, fingerprint: String, fingerprintDigest: Digest
    ) {
      self.index = index
      self.path = path
      self.sha256 = sha256
      self.fingerprint = fingerprint
      self.fingerprintDigest = fingerprintDigest
    }
  }

  /// The suite that the fingerprints are over.
  public var suite: Digest
  /// How the routers are trained.
  public var adaptation: Adaptation
  /// Finished merges by index.
  public var entries: [Entry]

  /// No merges yet.
  public init(suite: Digest, adaptation: Adaptation) {
    self.suite = suite
    self.adaptation = adaptation
    entries = []
  }

  /// The finished merge of that index.
  public func entry(_ index: Int) -> Entry? { entries.first { $0.index == index } }

  /// Refuses a suite that is not the merges' own.
  ///
  /// - Throws: ``NullPoolError/otherSuite(pool:expected:actual:)``.
  public func require(suite actual: Digest, in pool: String) throws(NullPoolError) {
    guard actual == suite else { throw .otherSuite(pool: pool, expected: suite, actual: actual) }
  }
}

extension NullPool {
  /// The seeds of merge `index`: of its fresh gates and of the order of images.
  public func mergeSeeds(_ index: Int) -> (gates: UInt64, images: UInt64) {
    var outer = SeededGenerator(seed: seed, stream: UInt64(tasks.count))
    var generator = SeededGenerator(seed: outer.next(), stream: UInt64(index))
    return (generator.next() >> 11, generator.next() >> 11)
  }
}
