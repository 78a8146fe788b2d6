import Attribution
import Calibration
import Diagnostics
import Documents
import ExactTests
import Files
import Foundation
import RoutingFingerprints
import SlotAttribution

/// A document of the evidence column: a case or a fingerprint.
public protocol EvidenceContent: Codable, Sendable {
  /// The version of the schema it was read from.
  var documentVersion: EvidenceVersion { get }
}

extension AttributionCase: EvidenceContent {
  /// The version of the schema it was read from.
  public var documentVersion: EvidenceVersion { version }
}

extension ModelFingerprint: EvidenceContent {
  /// Both versions of a fingerprint have the same keys, up to how large tables are written.
  public var documentVersion: EvidenceVersion { .two }
}

extension SiteCase: EvidenceContent {
  /// There is one version, whose keys are those of the second.
  public var documentVersion: EvidenceVersion { .two }
}

extension SiteFingerprint: EvidenceContent {
  /// There is one version, whose keys are those of the second.
  public var documentVersion: EvidenceVersion { .two }
}

/// Reads and writes cases and fingerprints, strictly.
public enum EvidenceDocument {
  /// The schema that a document states.
  ///
  /// - Throws: `FileError`, `DocumentError`.
  public static func schema(at path: String) throws -> String? {
    struct Header: Decodable { var schema: String? }
    return try StrictJSON.decode(Header.self, contentsOf: path).schema
  }

  /// What was read, and the digest of the bytes it was read from.
  public struct Contents<Value: EvidenceContent>: Sendable {
    /// The document.
    public let value: Value
    /// The SHA-256 of the file, as `sha256sum` prints it.
    public let digest: Digest
  }

  /// The bytes of a document: keys sorted, one value a line, every number in full.
  ///
  /// - Throws: `EncodingError`.
  public static func data(_ value: some Encodable, version: EvidenceVersion = .two) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.userInfo[EvidenceVersion.key] = version
    return try encoder.encode(value) + Data("\n".utf8)
  }

  /// Reads a document and refuses keys that it does not have.
  ///
  /// - Throws: ``CaseFileError/unknownKeys(file:keys:)``; `FileError`, `DocumentError`; errors of the
  ///   evidence column, located in the file.
  public static func read<Value: EvidenceContent>(
    _ type: Value.Type, at path: String
  ) throws -> Contents<Value> {
    let file = try MappedFile(path: path)
    return try file.withBytes(0..<file.count) { bytes in
      let value = try decode(type, bytes, path)
      try refuseUnknownKeys(of: value, bytes, path)
      var builder = SHA256Builder()
      builder.update(bytes)
      return Contents(value: value, digest: builder.finish())
    }
  }

  private static func decode<Value: Decodable>(
    _ type: Value.Type, _ bytes: UnsafeRawBufferPointer, _ path: String
  ) throws -> Value {
    do {
      return try StrictJSON.decode(type, from: bytes, file: path)
    } catch let error as FingerprintError {
      throw LocatedError(error, in: path)
    } catch let error as AttributionError {
      throw LocatedError(error, in: path)
    } catch let error as CalibrationError {
      throw LocatedError(error, in: path)
    } catch let error as SlotAttributionError {
      throw LocatedError(error, in: path)
    } catch let error as ExactTestError {
      throw LocatedError(error, in: path)
    }
  }

  /// What is written again from a document has every key that the document may have.
  private static func refuseUnknownKeys(
    of value: some EvidenceContent, _ bytes: UnsafeRawBufferPointer, _ path: String
  ) throws {
    let present = try KeyPaths.of(bytes, file: path)
    var known: Set<String> = []
    for version in value.documentVersion == .one ? [EvidenceVersion.one] : [.two, .one] {
      let written = try data(value, version: version)
      known.formUnion(try written.withUnsafeBytes { try KeyPaths.of($0, file: path) })
      if present.isSubset(of: known) { return }
    }
    let unknown = present.subtracting(known).sorted()
    guard unknown.isEmpty else { throw CaseFileError.unknownKeys(file: path, keys: unknown) }
  }
}

/// What can be wrong with the file of a case or a fingerprint.
public enum CaseFileError: DiagnosableError, Equatable {
  /// The file has keys that its schema does not have.
  case unknownKeys(file: String, keys: [String])

  /// The stable identifier.
  public var code: String { "case-file.unknown-keys" }

  /// What is wrong, with the values.
  public var what: String {
    switch self {
    case .unknownKeys(_, let keys):
      "the file has keys that its schema does not have: "
        + keys.prefix(8).map { "`\($0)`" }.joined(separator: ", ")
        + (keys.count > 8 ? " and \(keys.count - 8) more" : "")
    }
  }

  /// The file.
  public var location: String? {
    switch self {
    case .unknownKeys(let file, _): file
    }
  }

  /// How to fix it.
  public var hints: [String] {
    ["what they say is not checked by anything; remove them, or use the version that wrote them"]
  }
}
