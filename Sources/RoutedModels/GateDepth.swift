/// How many linear maps a WEMoE gate has, and which tensors those are: the one place that knows.
public enum GateDepth: Int, Sendable, CaseIterable {
  /// A learned constant vector of E logits.
  case constant = 0
  /// Linear(D, E).
  case linear = 1
  /// Linear(D, D), ReLU, Linear(D, E).
  case hidden = 2

  /// The depth of the gate of a layer; `nil` when there is none.
  public init?(of source: some TensorSource, layer: Int) {
    func has(_ component: TensorRole.Component) -> Bool {
      source.contains(TensorRole(component, .weight, layer: layer))
    }
    if has(.routerOutput) {
      self = .hidden
    } else if has(.routerRows) {
      self = .linear
    } else if has(.routerConstant) {
      self = .constant
    } else {
      return nil
    }
  }

  /// The part whose rows, or numbers, belong to experts.
  public var output: TensorRole.Component {
    switch self {
    case .constant: .routerConstant
    case .linear: .routerRows
    case .hidden: .routerOutput
    }
  }

  /// The tensors of a layer's gate for tokens of width D and E experts, in the order of their use.
  public func tensors(layer: Int, width D: Int, expertCount E: Int) -> [RoleShape] {
    func linear(_ component: TensorRole.Component, _ rows: Int) -> [RoleShape] {
      [
        RoleShape(TensorRole(component, .weight, layer: layer), [rows, D]),
        RoleShape(TensorRole(component, .bias, layer: layer), [rows]),
      ]
    }
    return switch self {
    case .constant: [RoleShape(TensorRole(output, .weight, layer: layer), [E])]
    case .linear: linear(output, E)
    case .hidden: linear(.routerHidden, D) + linear(output, E)
    }
  }
}
