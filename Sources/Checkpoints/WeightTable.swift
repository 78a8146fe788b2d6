import Files
import PyTorchFiles

/// The tensors of one file of weights: safetensors, or an archive of PyTorch.
///
/// The format is told by the first bytes and never by the name.
struct WeightTable {
  let entries: [String: SafetensorsHeader.Entry]
  let metadata: [String: String]

  /// Reads the table of a mapped file; data stays where it is.
  ///
  /// - Throws: ``CheckpointError`` for safetensors, `PyTorchFileError` for PyTorch.
  init(_ mapping: MappedFile) throws {
    (entries, metadata) = try mapping.withBytes(0..<mapping.count) { bytes in
      guard PyTorchFile.recognizes(bytes) else {
        let header = try SafetensorsHeader(file: mapping.path, bytes: bytes)
        return (header.entries, header.metadata)
      }
      let file = try PyTorchFile(file: mapping.path, bytes: bytes)
      let entries = file.tensors.mapValues {
        SafetensorsHeader.Entry(
          elementType: ElementType($0.elementType), shape: $0.shape, range: $0.range,
          strides: $0.strides)
      }
      return (entries, [:])
    }
  }
}

extension ElementType {
  /// The type that PyTorch calls by another name.
  init(_ type: PyTorchElementType) {
    self =
      switch type {
      case .float32: .f32
      case .float64: .f64
      case .float16: .f16
      case .bfloat16: .bf16
      case .int64: .i64
      case .int32: .i32
      case .int16: .i16
      case .int8: .i8
      case .uint8: .u8
      case .uint16: .u16
      case .uint32: .u32
      case .uint64: .u64
      case .bool: .bool
      case .complex64: .c64
      case .float8e4m3: .f8e4m3
      case .float8e5m2: .f8e5m2
      }
  }
}
