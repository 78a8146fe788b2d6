import Checkpoints
import Diagnostics
import RoutedModels
import Synchronization
import Tensors
import VisionTransformers

/// The packed matrices of one model in one precision: read from a file of an earlier run, or gathered
/// to be written to one.
final class PackedWeights: Sendable {
  /// Matrices of an earlier run.
  private let kept: Checkpoint?
  /// Matrices of this run, by name.
  private let made = Mutex<[String: PackedMatrix]>([:])

  /// Gathers matrices.
  init() { kept = nil }

  /// Opens the matrices of an earlier run.
  ///
  /// - Throws: ``MergeError/damagedCache(file:reason:)``.
  init(contentsOf file: String) throws(MergeError) {
    do {
      kept = try Checkpoint(path: file)
    } catch {
      throw .damagedCache(file: file, reason: "\(error)")
    }
  }

  /// The matrix of that name, from the file or else from `make`.
  ///
  /// - Throws: what `make` throws; ``MergeError/damagedCache(file:reason:)`` when the file has no such
  ///   matrix or its bytes do not have the checksum that is written beside them.
  func matrix(
    _ name: String, rows: Int, columns: Int, precision: Precision,
    _ make: () throws -> PackedMatrix
  ) throws -> PackedMatrix {
    guard let kept else {
      let matrix = try make()
      made.withLock { $0[name] = matrix }
      return matrix
    }
    let shape = PackedMatrix.panelShape(rows: rows, columns: columns, precision: precision)
    guard let found = kept.descriptor(of: name), found.shape == shape,
      found.elementType == Self.elementType(precision)
    else {
      throw MergeError.damagedCache(
        file: kept.path, reason: "matrix `\(name)` is missing or not \(shape)")
    }
    let stored = try kept.mappedBytes(of: name)
    guard let elements = stored.bytes.assumingMemoryBound(to: Float.self).baseAddress,
      Int(bitPattern: elements).isMultiple(of: PanelChecksum.alignment),
      kept.metadata[name] == PanelChecksum(stored.bytes).hexadecimal
    else {
      throw MergeError.damagedCache(
        file: kept.path, reason: "matrix `\(name)` does not have the checksum it was written with")
    }
    return PackedMatrix(
      panels: FloatStorage(at: elements, count: shape.reduce(1, *), of: stored.file), rows: rows,
      columns: columns, precision: precision)
  }

  /// Writes what was gathered, with a checksum of every matrix in the metadata.
  ///
  /// - Throws: `CheckpointError`, `FileError`.
  func write(to file: String) throws {
    let matrices = made.withLock { $0 }
    let writer = try SafetensorsWriter(
      path: file,
      tensors: matrices.map { name, matrix in
        TensorSpecification(
          name: name, elementType: Self.elementType(matrix.precision),
          shape: PackedMatrix.panelShape(
            rows: matrix.rows, columns: matrix.columns, precision: matrix.precision))
      },
      metadata: matrices.mapValues { $0.withPanelBytes { PanelChecksum($0).hexadecimal } },
      alignment: PanelChecksum.alignment, replacing: true)
    for name in writer.order {
      try matrices[name]?.withPanelBytes { try writer.write(name, bytes: $0) }
    }
    try writer.commit()
  }

  /// Pairs of bf16 are 32 bits that mean nothing as a number.
  private static func elementType(_ precision: Precision) -> ElementType {
    precision == .f32 ? .f32 : .u32
  }
}

/// A source of tensors whose matrices come from, or go to, packed weights.
struct PackedTensors: TensorSource {
  let source: any TensorSource
  /// Tells tensors of the same name apart, such as the base model's and an expert's.
  let part: String
  let weights: PackedWeights

  var path: String { source.path }

  func name(of role: TensorRole) -> String { source.name(of: role) }

  func contains(_ role: TensorRole) -> Bool { source.contains(role) }

  func tensor(_ role: TensorRole, shape: [Int]) throws -> [Float] {
    try source.tensor(role, shape: shape)
  }

  func matrix(_ roles: [TensorRole], shape: [Int], precision: Precision) throws -> PackedMatrix {
    let names = roles.map { source.name(of: $0) }.joined(separator: " + ")
    return try weights.matrix(
      "\(part): \(names)", rows: roles.count * (shape.first ?? 1),
      columns: shape.dropFirst().reduce(1, *), precision: precision
    ) { try source.matrix(roles, shape: shape, precision: precision) }
  }
}
