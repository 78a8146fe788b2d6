import KeyedRandomness
import RoutedModels

/// The secret pattern that a key lays over the weights, tensor by tensor.
///
/// The stream of a tensor has the purpose [`mark`, licensee, tensor], licensee being empty where there is none. Word i
/// gives value i of the tensor in row-major order (``KeyedNormals``), rounded to Float. The purpose [`dither`,
/// licensee, tensor] has the words that decide how marked weights are rounded to 16 bits.
///
/// A tensor is called by what it does, so that its name in a checkpoint does not matter: `up.weight 3` is the weight of the
/// first map of layer 3's MLP, and ` expert 5` follows for that of an expert's own.
public struct MarkPattern: Sendable {
  /// What the pattern consists of.
  public enum Values: Sendable, Hashable {
    /// Standard normal numbers.
    case normals
    /// Signs.
    case signs
  }

  private let key: SecretKey
  private let licensee: String
  private let values: Values

  /// The pattern of a key, for one licensee or for none.
  public init(_ key: SecretKey, licensee: String?, values: Values) {
    self.key = key
    self.licensee = licensee ?? ""
    self.values = values
  }

  /// The values over a tensor.
  public func values(over role: TensorRole, count: Int) -> [Float] {
    let words = KeyStream(key, purpose: ["mark", licensee, Self.label(role)]).words(0..<count)
    switch values {
    case .normals: return words.map { Float(KeyedNormals.normal($0)) }
    case .signs: return words.map(KeyedNormals.sign)
    }
  }

  /// A number in 0..<1 for each weight of a tensor.
  func dither(over role: TensorRole, count: Int) -> [Double] {
    KeyStream(key, purpose: ["dither", licensee, Self.label(role)]).words(0..<count)
      .map { Double($0 >> 11) * 0x1p-53 }
  }

  /// What a tensor is called in a purpose.
  static func label(_ role: TensorRole) -> String {
    let place = "\(role.component.rawValue).\(role.kind.rawValue) \(role.layer ?? 0)"
    switch role.slot {
    case .expert(let index): return "\(place) expert \(index)"
    case .shared(let index): return "\(place) shared \(index)"
    case .dense, .base, .taskVector, nil: return place
    }
  }
}
