/// The element types of PyTorch, by the names that follow `torch.`.
public enum PyTorchElementType: String, CaseIterable, Sendable {
  case float32, float64, float16, bfloat16
  case int64, int32, int16, int8, uint8, uint16, uint32, uint64
  case bool, complex64
  case float8e4m3 = "float8_e4m3fn"
  case float8e5m2 = "float8_e5m2"

  /// Bytes an element takes.
  public var byteCount: Int {
    switch self {
    case .bool, .int8, .uint8, .float8e4m3, .float8e5m2: 1
    case .float16, .bfloat16, .int16, .uint16: 2
    case .float32, .int32, .uint32: 4
    case .float64, .int64, .uint64, .complex64: 8
    }
  }

  /// The classes of storages that are written for tensors of one type.
  static let storages: [String: PyTorchElementType] = [
    "FloatStorage": .float32, "DoubleStorage": .float64, "HalfStorage": .float16,
    "BFloat16Storage": .bfloat16, "LongStorage": .int64, "IntStorage": .int32,
    "ShortStorage": .int16, "CharStorage": .int8, "ByteStorage": .uint8, "BoolStorage": .bool,
    "ComplexFloatStorage": .complex64,
  ]
}

/// What a pickle may ask for; anything else is refused by name.
enum PickleGlobal: Sendable, Hashable {
  case orderedDictionary
  case rebuildTensor, rebuildTensorV2, rebuildTensorV3, rebuildParameter
  /// The type of a storage; `nil` where the tensor has it.
  case storage(PyTorchElementType?)
  case size
  case elementType(PyTorchElementType)
  /// Something without tensors that checkpoints carry beside them, such as a NumPy number; it is
  /// passed over.
  case passedOver

  init?(module: String, name: String) {
    switch (module, name) {
    case ("collections", "OrderedDict"): self = .orderedDictionary
    case ("torch._utils", "_rebuild_tensor"): self = .rebuildTensor
    case ("torch._utils", "_rebuild_tensor_v2"): self = .rebuildTensorV2
    case ("torch._utils", "_rebuild_tensor_v3"): self = .rebuildTensorV3
    case ("torch._utils", "_rebuild_parameter"), ("torch._utils", "_rebuild_parameter_with_state"):
      self = .rebuildParameter
    case ("torch", "Size"): self = .size
    case ("torch.storage", "UntypedStorage"), ("torch", "UntypedStorage"): self = .storage(nil)
    case ("torch", "device"), ("numpy", "dtype"), ("_codecs", "encode"),
      ("numpy.core.multiarray", "scalar"), ("numpy._core.multiarray", "scalar"),
      ("builtins", "set"), ("__builtin__", "set"):
      self = .passedOver
    case ("torch", _):
      if let type = PyTorchElementType.storages[name] {
        self = .storage(type)
      } else if let type = PyTorchElementType(rawValue: name) {
        self = .elementType(type)
      } else {
        return nil
      }
    default: return nil
    }
  }
}

/// A value on the machine's stack.
///
/// Whatever holds other values is a node, known by its number, so
/// that a value that contains itself costs nothing and is freed like any other.
enum PickleValue: Sendable, Hashable {
  case none
  case boolean(Bool)
  case integer(Int)
  case number
  /// Bytes of the pickle, from an offset.
  case text(offset: UInt32, count: UInt32)
  case global(PickleGlobal)
  case node(Int32)
  /// A value without tensors that is not looked into.
  case passedOver
}

/// A value that holds others.
enum PickleNode: Sendable {
  case tuple([PickleValue])
  case list([PickleValue])
  /// Keys and values in turn.
  case dictionary([PickleValue])
  // Boxed, so that an empty list takes 16 bytes and not the size of a tensor.
  indirect case storage(PickleStorage)
  indirect case tensor(PickleTensor)
}

/// A storage as the pickle names it.
struct PickleStorage: Sendable {
  /// The entry `data/KEY` of the archive.
  let key: PickleValue
  let elementType: PyTorchElementType?
  let elementCount: Int
}

/// A tensor: a view of a storage, in elements.
struct PickleTensor: Sendable {
  let storage: PickleStorage
  let elementType: PyTorchElementType
  let offset: Int
  let shape: [Int]
  let strides: [Int]
}
