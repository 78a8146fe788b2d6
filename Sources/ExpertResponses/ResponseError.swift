import Diagnostics

/// What can go wrong when experts' responses are compared.
public enum ResponseError: DiagnosableError, Equatable {
  /// The base is not a plain tower.
  case baseIsNoTower(path: String)
  /// There are no probe images.
  case noProbes
  /// A victim expert comes with no null experts.
  case noNulls(victim: String)
  /// An expert's response is not finite.
  case nonFiniteResponse(expert: String, layer: Int)

  /// The stable identifier.
  public var code: String {
    switch self {
    case .baseIsNoTower: "responses.base-is-no-tower"
    case .noProbes: "responses.no-probes"
    case .noNulls: "responses.no-nulls"
    case .nonFiniteResponse: "responses.non-finite-response"
    }
  }

  /// What is wrong, with the values.
  public var what: String {
    switch self {
    case .baseIsNoTower: "expected a plain tower as the base model, found a merged model"
    case .noProbes: "expected at least one probe image, found none"
    case .noNulls(let victim): "expected null experts for `\(victim)`, found none"
    case .nonFiniteResponse: "a response is not finite"
    }
  }

  /// The folder, or the expert and layer at fault.
  public var location: String? {
    switch self {
    case .baseIsNoTower(let path): path
    case .noProbes: nil
    case .noNulls(let victim): "expert `\(victim)`"
    case .nonFiniteResponse(let expert, let layer): "expert `\(expert)`, layer \(layer)"
    }
  }

  /// How to fix it.
  public var hints: [String] {
    switch self {
    case .baseIsNoTower: ["name the model that the experts were fine-tuned from"]
    case .noProbes: ["use a suite with images"]
    case .noNulls: ["use a pool with experts of this task"]
    case .nonFiniteResponse: ["check the expert's weights with `routemark inspect`"]
    }
  }
}
