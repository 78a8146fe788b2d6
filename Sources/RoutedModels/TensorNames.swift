/// What a family of models calls its tensors: one pattern, or several, for every role.
///
/// A pattern is a name with places to fill in: `{layer}`, `{expert}`, `{slot}` (what stands before an
/// expert's own part of a name), `{kind}` (`weight` or `bias`) and `{trunk}`. The first pattern is the
/// one that is written; all are read.
///
///     .up: ["{trunk}encoder.layers.{layer}.mlp.{slot}fc1.{kind}"]
///
/// Experts that lie in one tensor are described as slices of it:
///
///     .gatingUp: [TensorNames.Pattern("model.layers.{layer}.mlp.experts.gate_up_proj", .slice(.lowerHalf))]
public struct TensorNames: Sendable, Hashable {
  /// How a tensor lies in the one that is stored.
  public enum Extent: Sendable, Hashable {
    /// The stored tensor is this tensor.
    case whole
    /// The matrix at the expert's place in `[E, …]`, or some of its rows; `transposed` when it is stored
    /// as `[inputs, outputs]`.
    case slice(Rows, transposed: Bool = false)
    /// Some rows of the stored matrix.
    case part(Rows)
    /// The rows at the expert's place in `[E * I, …]`, where all experts lie below each other.
    case stack(transposed: Bool = false)
  }

  /// Whose tensors a pattern names, where the name alone does not say so.
  public enum Owner: Sendable, Hashable {
    /// The MLP of a dense layer.
    case dense
    /// An expert that a router chooses.
    case expert
    /// An expert that every token passes.
    case shared
  }

  /// Some rows of a matrix `[outputs, inputs]`.
  public enum Rows: Sendable, Hashable {
    /// All of them.
    case all
    /// The first half.
    case lowerHalf
    /// The second half.
    case upperHalf
    /// Every other row from the first.
    case even
    /// Every other row from the second.
    case odd
  }

  /// A name with places to fill in, and where in the stored tensor the values are.
  public struct Pattern: Sendable, Hashable, ExpressibleByStringLiteral {
    let text: String
    let extent: Extent
    let owner: Owner?

    /// A tensor under a name of this pattern; of one owner's slots only, where one is given.
    public init(_ text: String, _ extent: Extent = .whole, of owner: Owner? = nil) {
      self.text = text
      self.extent = extent
      self.owner = owner
    }

    /// A whole tensor under a name of this pattern.
    public init(stringLiteral value: String) { self.init(value) }
  }

  /// What a model of the family is called in messages, such as "CLIP vision tower".
  public let family: String
  /// A role that every model of the family has, by whose name it is found in a checkpoint.
  public let landmark: TensorRole
  /// What stands before most names, such as `vision_model.`; checkpoints may leave it out.
  public let trunk: String
  /// The class that a merge of such models names in its `config.json`.
  public let mixtureClass: String
  private let patterns: [TensorRole.Component: [Pattern]]

  /// The names of a family.
  public init(
    family: String, landmark: TensorRole, trunk: String = "",
    mixtureClass: String = "", _ patterns: [TensorRole.Component: [Pattern]]
  ) {
    self.family = family
    self.landmark = landmark
    self.trunk = trunk
    self.mixtureClass = mixtureClass
    self.patterns = patterns
  }

  /// The name under which the tensor is written.
  ///
  /// - Precondition: the family has such tensors.
  public func name(of role: TensorRole) -> String {
    let candidates = candidates(for: role)
    precondition(!candidates.isEmpty, "\(family) has no tensor `\(role.component.rawValue)`")
    return candidates[0].name
  }

  /// Every name under which the tensor may be stored, and how it lies there.
  package func candidates(
    for role: TensorRole, trunk: String? = nil
  ) -> [(name: String, extent: Extent)] {
    patterns[role.component, default: []].compactMap { pattern in
      guard pattern.owner == nil || pattern.owner == role.slot?.owner else { return nil }
      return (pattern.filled(role, trunk: trunk ?? self.trunk), pattern.extent)
    }
  }

  /// Where the model begins in a list of names: what stands before the name of one of `roles`, and the
  /// trunk, which is there or not.
  package func places(
    of roles: [TensorRole], among names: [String]
  ) -> [(prefix: String, trunk: String)] {
    let endings = roles.flatMap { candidates(for: $0, trunk: "") }.map(\.name)
    var places: [(prefix: String, trunk: String)] = []
    for name in names {
      for ending in endings where name.utf8.count >= ending.utf8.count && name.hasSuffix(ending) {
        let stem = String(name.dropLast(ending.count))
        guard stem.isEmpty || stem.hasSuffix(".") else { continue }
        let hasTrunk = !trunk.isEmpty && (stem == trunk || stem.hasSuffix("." + trunk))
        let place = (
          prefix: hasTrunk ? String(stem.dropLast(trunk.count)) : stem,
          trunk: hasTrunk ? trunk : ""
        )
        if !places.contains(where: { $0 == place }) { places.append(place) }
      }
    }
    return places
  }
}

extension TensorNames.Pattern {
  fileprivate func filled(_ role: TensorRole, trunk: String) -> String {
    var name = ""
    var rest = text[...]
    while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
      name += rest[..<open]
      switch rest[rest.index(after: open)..<close] {
      case "trunk": name += trunk
      case "layer": name += role.layer.map(String.init) ?? ""
      case "kind": name += role.kind.rawValue
      case "slot": name += role.slot?.text ?? ""
      case "expert": name += role.slot?.place.map(String.init) ?? ""
      default: name += rest[open...close]
      }
      rest = rest[rest.index(after: close)...]
    }
    return name + rest
  }
}

extension TensorRole.Slot {
  /// The expert's place among its kind; `nil` where there is one only.
  public var place: Int? {
    switch self {
    case .dense, .base: nil
    case .taskVector(let place), .expert(let place), .shared(let place): place
    }
  }

  /// Whose pattern names its tensors.
  fileprivate var owner: TensorNames.Owner? {
    switch self {
    case .dense: .dense
    case .expert: .expert
    case .shared: .shared
    case .base, .taskVector: nil
    }
  }

  /// What fusion_bench's merges write between `mlp.` and the name of the tensor.
  fileprivate var text: String {
    switch self {
    case .dense: ""
    case .base: "base_model."
    case .taskVector(let place): "task_vectors.\(place)."
    case .expert(let place): "experts.\(place)."
    case .shared(let place): "shared_experts.\(place)."
    }
  }
}

extension TensorNames {
  /// Whether a model of the family is among tensors of these names.
  public func isIn(_ tensorNames: [String]) -> Bool {
    !places(of: [landmark], among: tensorNames).isEmpty
  }
}
