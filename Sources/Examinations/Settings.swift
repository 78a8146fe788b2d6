import Checkpoints
import Files
import ModelMerging
import Tensors
import Training

/// How much of a machine an examination uses; results do not depend on it.
public struct ComputeSettings: Sendable, Hashable {
  /// Samples in one forward pass.
  public var batch: Int
  /// Threads; as many as there are processors when `nil`.
  public var threads: Int?

  /// Settings.
  ///
  /// - Precondition: `batch` and `threads` are 1 or more.
  public init(batch: Int = 64, threads: Int? = nil) {
    precondition(batch > 0 && (threads ?? 1) > 0, "batch and threads are 1 or more")
    self.batch = batch
    self.threads = threads
  }

  package var pool: WorkerPool { WorkerPool(threads: threads) }
}

/// With which numbers and kernels a model is run.
public struct EngineSettings: Sendable, Hashable {
  /// What weights are rounded to.
  public var precision: Precision
  /// The kernels; the best that the machine has when `nil`.
  public var instructions: InstructionSet?
  /// A folder that keeps packed weights between runs; `nil` for none.
  public var cache: String?

  /// Settings.
  public init(
    precision: Precision = .f32, instructions: InstructionSet? = nil, cache: String? = nil
  ) {
    self.precision = precision
    self.instructions = instructions
    self.cache = cache
  }

  package var kernels: Kernels { Kernels(instructions ?? .best) }

  /// The folder of packed weights, made when there is none.
  ///
  /// - Throws: `MergeError.sharedCache`, `FileError`.
  package func weightsCache() throws -> PackedWeightsCache? {
    try cache.map { try PackedWeightsCache(folder: $0) }
  }
}

/// Where a result is written.
public struct OutputPlace: Sendable, Hashable {
  /// The file or folder.
  public var path: String
  /// Whether what is there already is replaced.
  public var replacing: Bool

  /// A place.
  public init(_ path: String, replacing: Bool = false) {
    self.path = path
    self.replacing = replacing
  }

  /// Refuses a place that is one of the inputs, or a folder that holds one, before anything is computed.
  ///
  /// - Throws: `FileError.replacesInput`.
  package func check(apartFrom inputs: [String]) throws(FileError) {
    let place = RelativePath.canonical(path)
    for input in inputs where FileKind(at: path) != nil {
      let source = RelativePath.canonical(input)
      guard source != place, !source.hasPrefix(place + "/") else {
        throw .replacesInput(path: path, input: input)
      }
    }
  }
}

/// Something on disk by the name that people call it: an expert's folder, a task's images.
public struct NamedPath: Sendable, Hashable {
  /// The name.
  public let name: String
  /// The file or folder.
  public let path: String

  /// A name and a path.
  public init(name: String, path: String) {
    self.name = name
    self.path = path
  }
}

/// The floating-point types a model can be written in.
public enum ModelElementType: String, Sendable, CaseIterable {
  case f32, f16, bf16

  /// The type of the tensors.
  public var elementType: ElementType {
    switch self {
    case .f32: .f32
    case .f16: .f16
    case .bf16: .bf16
    }
  }
}

/// The course of a learning rate, by the names that records of runs use.
public enum ScheduleName: String, Sendable, CaseIterable {
  case constant, cosine
  case oneCycle = "one-cycle"

  package var form: LearningRateSchedule.Form {
    switch self {
    case .constant: .constant
    case .cosine: .cosine(floor: 0)
    case .oneCycle: .oneCycle
    }
  }
}
