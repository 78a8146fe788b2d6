import Attribution
import Calibration
import Checkpoints
import Diagnostics
import Documents
import Files
import RoutingFingerprints

/// Reads JSON of the evidence column, whose own errors know no files.
package enum EvidenceFile {
  /// The value in a file.
  ///
  /// - Throws: `CheckpointError`, `FileError`; errors of the evidence column within a `LocatedError`.
  package static func read<Value: Decodable>(_ type: Value.Type, at path: String) throws -> Value {
    do {
      return try StrictJSON.decode(type, contentsOf: path)
    } catch let error as FingerprintError {
      throw LocatedError(error, in: path)
    } catch let error as AttributionError {
      throw LocatedError(error, in: path)
    } catch let error as CalibrationError {
      throw LocatedError(error, in: path)
    }
  }
}
