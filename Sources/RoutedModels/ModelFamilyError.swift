import Diagnostics

/// Why a checkpoint is not one model of a family.
public enum ModelFamilyError: DiagnosableError, Equatable {
  /// No tensor has the name that every model of the family has.
  case missingLandmark(file: String, family: String, tensor: String)
  /// Several models lie in one checkpoint, each under its own prefix.
  case severalModels(file: String, family: String, places: [String])

  /// The stable identifier.
  public var code: String {
    switch self {
    case .missingLandmark: "family.missing-landmark"
    case .severalModels: "family.several-models"
    }
  }

  /// What is wrong, with the values.
  public var what: String {
    switch self {
    case .missingLandmark(_, let family, let tensor):
      "no tensor is named `\(tensor)`, so this is not a \(family)"
    case .severalModels(_, let family, let places):
      "expected one \(family), found \(places.count), whose names begin with "
        + places.map { $0.isEmpty ? "nothing" : "`\($0)`" }.joined(separator: ", ")
    }
  }

  /// The file at fault.
  public var location: String? {
    switch self {
    case .missingLandmark(let file, _, _), .severalModels(let file, _, _): file
    }
  }

  /// How to fix it.
  public var hints: [String] {
    switch self {
    case .missingLandmark: ["run `routemark inspect` on the folder to see which tensors it has"]
    case .severalModels:
      [
        "save the one that you mean by itself: a training checkpoint often keeps an average beside it"
      ]
    }
  }
}
