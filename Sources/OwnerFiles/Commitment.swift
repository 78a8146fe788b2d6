import Diagnostics
import Documents
import KeyedRandomness

/// `commitment.json`: what an owner publishes, or has time-stamped, before a release.
///
/// It says which bytes there are and binds him to secrets that it does not tell.
public struct Commitment: OwnerDocument {
  /// The schema.
  public static let schema = "routemark.commitment/1"

  /// What can be kept secret.
  public enum Secret: String, Codable, Sendable, Hashable, CaseIterable {
    /// The seed of the victim's training, in decimal digits.
    case seed
    /// The file of the secret subset.
    case subset
    /// The file of the key of marks.
    case key
  }

  /// A task's images.
  public struct Data: Codable, Sendable, Hashable {
    /// The task.
    public let task: String
    /// How many images.
    public let samples: Int
    /// The digest that records of training have.
    public let sha256: Digest

    /// Images by digest.
    public init(task: String, samples: Int, sha256: Digest) {
      self.task = task
      self.samples = samples
      self.sha256 = sha256
    }
  }

  /// The schema of the file.
  public let schema: String
  /// Who made it.
  public let tool: String
  /// When it was made, as the owner's clock says: ISO 8601 in UTC.
  public let stated: String
  /// The instruction set that the owner's machine computes with.
  public let instructions: String
  /// The victim's digest.
  public let victim: Digest
  /// The base's digest.
  public let base: Digest
  /// The images that the victim was trained on.
  public let data: [Data]
  /// The record of the victim's training without its seed.
  public let recipe: JSONValue
  /// The type that the victim's numbers are stored in.
  public let elementType: String
  /// Digests of copies that are released, such as marked ones.
  public let released: [Digest]
  /// Salted hashes of secrets by name.
  public let secrets: [String: Digest]

  private enum CodingKeys: String, CodingKey {
    case schema, tool, stated, instructions, victim, base, data, recipe, released, secrets
    case elementType = "element_type"
  }

  /// A commitment by parts.
  public init(
    tool: String, stated: String, instructions: String, victim: Digest, base: Digest,
    data: [Data], recipe: JSONValue, elementType: String, released: [Digest],
    secrets: [Secret: Digest]
  ) {
    schema = Self.schema
    self.tool = tool
    self.stated = stated
    self.instructions = instructions
    self.victim = victim
    self.base = base
    self.data = data
    self.recipe = recipe
    self.elementType = elementType
    self.released = released
    self.secrets = Dictionary(uniqueKeysWithValues: secrets.map { ($0.key.rawValue, $0.value) })
  }

  /// Checks the names of secrets.
  public func validate(file: String) throws {
    for name in secrets.keys.sorted() {
      try require(
        Secret(rawValue: name) != nil, file, "secrets", expected: "seed, subset or key",
        actual: String(name.prefix(80)))
    }
    guard case .object(let keys) = recipe, keys["seed"] == nil else {
      throw OwnerFileError.contradiction(
        file: file, key: "recipe", expected: "a record without its seed", actual: "another")
    }
  }
}

/// `opening.json`: the secrets that a commitment binds to, with their salts.
public struct Opening: OwnerDocument {
  /// The schema.
  public static let schema = "routemark.opening/1"

  /// A secret.
  public struct Opened: Codable, Sendable, Hashable {
    /// The salt of its hash.
    public let salt: SecretKey
    /// The seed in decimal digits, or the text of the file.
    public let value: String

    /// A secret with a fresh salt, or with one that is known.
    public init(value: String, salt: SecretKey = SecretKey()) {
      self.value = value
      self.salt = salt
    }
  }

  /// The schema of the file.
  public let schema: String
  /// SHA-256 of the file of the commitment.
  public let commitment: Digest
  /// The secrets by name.
  public let secrets: [String: Opened]

  /// An opening of some secrets.
  public init(commitment: Digest, secrets: [Commitment.Secret: Opened]) {
    schema = Self.schema
    self.commitment = commitment
    self.secrets = Dictionary(uniqueKeysWithValues: secrets.map { ($0.key.rawValue, $0.value) })
  }

  /// Checks the names of secrets.
  public func validate(file: String) throws {
    for name in secrets.keys.sorted() {
      try require(
        Commitment.Secret(rawValue: name) != nil, file, "secrets",
        expected: "seed, subset or key", actual: String(name.prefix(80)))
    }
  }

  /// A secret, if it is opened.
  public func value(of secret: Commitment.Secret) -> String? { secrets[secret.rawValue]?.value }

  /// The hash by which a commitment knows a secret.
  public static func hash(of opened: Opened, _ secret: Commitment.Secret) -> Digest {
    SaltedHash.of(Array(opened.value.utf8), name: secret.rawValue, salt: opened.salt)
  }

  /// The same with some of the secrets only.
  public func revealing(_ wanted: Set<Commitment.Secret>) -> Opening {
    var kept: [Commitment.Secret: Opened] = [:]
    for secret in wanted { kept[secret] = secrets[secret.rawValue] }
    return Opening(commitment: commitment, secrets: kept)
  }
}
