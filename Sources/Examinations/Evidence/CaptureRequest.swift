import Probing
import RoutingFingerprints

/// What a merged model's routers say about the images of a suite.
public struct CaptureRequest: ExaminationRequest {
  /// The merged model's folder.
  public var model: String
  /// The suite's manifest.
  public var suite: String
  /// The trace to write.
  public var output: OutputPlace
  /// What is recorded.
  public var signal: RouterSignal
  /// Which of how many equal parts of the suite, counted from 0.
  public var shard: (index: Int, count: Int)
  /// With which numbers and kernels the model is run.
  public var engine: EngineSettings
  /// How much of the machine is used.
  public var compute: ComputeSettings

  /// A request.
  public init(
    model: String, suite: String, output: OutputPlace, signal: RouterSignal = .logits,
    shard: (index: Int, count: Int) = (0, 1), engine: EngineSettings = EngineSettings(),
    compute: ComputeSettings = ComputeSettings()
  ) {
    self.model = model
    self.suite = suite
    self.output = output
    self.signal = signal
    self.shard = shard
    self.engine = engine
    self.compute = compute
  }

  /// Writes the trace and says what it holds.
  ///
  /// - Throws: what opening model and suite and `Capture` throw; `FileError`. Nothing is left under
  ///   the output's name then.
  public func run(_ examiner: Examiner) throws -> TraceInspection {
    let inputs = OpenedInputs(examiner)
    let capture = try Capture(
      model: inputs.model(model), suite: inputs.suite(suite), signal: signal,
      precision: engine.precision, cache: engine.weightsCache(), shard: shard,
      toolVersion: examiner.tool)
    try examiner.stage("capturing") { stage in
      try capture.write(
        to: output.path, replacing: output.replacing, batch: compute.batch, pool: compute.pool,
        kernels: engine.kernels, progress: stage.handler)
    }
    return try TraceInspection(path: output.path)
  }
}
