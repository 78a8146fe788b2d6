import Checkpoints
import Documents

extension ElementType {
  /// What `config.json` calls the type, such as `float16`; `nil` for types that no model states.
  public var frameworkName: String? {
    switch self {
    case .f32: "float32"
    case .f16: "float16"
    case .bf16: "bfloat16"
    case .f64: "float64"
    default: nil
    }
  }
}

extension [String: JSONValue] {
  /// States the type of a model's weights, under the key that the file has: `dtype` since transformers 5,
  /// `torch_dtype` before and where there is neither.
  public mutating func state(_ type: ElementType) {
    let value = type.frameworkName.map { JSONValue.string($0) }
    let new = (self["dtype"] ?? .null) != .null
    let old = (self["torch_dtype"] ?? .null) != .null
    if new { self["dtype"] = value }
    if old || !new { self["torch_dtype"] = value }
  }
}
