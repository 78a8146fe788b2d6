import ModelFamilies
import Tensors
import Training

/// Seeded numbers for tests, independent of the module's own generator.
struct TestGenerator {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

  /// Uniform in [-1, 1).
  mutating func next() -> Double {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return Double(Int64(bitPattern: state) >> 11) * 0x1p-52
  }

  mutating func floats(_ count: Int, scale: Double, offset: Double = 0) -> [Float] {
    (0..<count).map { _ in Float(offset + scale * next()) }
  }
}

/// A tower of width 8, 2 layers, 2 heads, 16 px in patches of 8: 5 tokens.
func tinyShape(_ activation: Activation = .quickGELU) throws -> TrainableTowerShape {
  try TrainableTowerShape(
    width: 8, mlpWidth: 12, layers: 2, heads: 2, patch: 8, imageSize: 16, projection: 6,
    activation: activation, names: CLIPFamily.tensorNames)
}

/// Random values for a layout; layer norms' scales lie about 1.
func randomParameters(_ layout: ParameterLayout, seed: UInt64, scale: Double = 0.4)
  -> [String: [Float]]
{
  var generator = TestGenerator(seed)
  var parameters: [String: [Float]] = [:]
  for entry in layout.entries {
    let isNormScale = entry.name.contains("norm") && entry.name.hasSuffix("weight")
    parameters[entry.name] = generator.floats(
      entry.count, scale: isNormScale ? 0.2 : scale, offset: isNormScale ? 1 : 0)
  }
  return parameters
}

/// A source of tensors for trainers from a dictionary; a missing name gives no values.
func source(_ parameters: [String: [Float]]) -> (ParameterLayout.Entry) throws -> [Float] {
  { parameters[$0.name] ?? [] }
}

func doubles(_ parameters: [String: [Float]]) -> [String: [Double]] {
  parameters.mapValues { $0.map(Double.init) }
}

/// Images and labels in memory.
struct MemoryData: TrainingData {
  let images: [[Float]]
  let labels: [Int]

  init(images: [[Float]], labels: [Int]) {
    self.images = images
    self.labels = labels
  }

  init(count: Int, shape: TrainableTowerShape, classes: Int, seed: UInt64) {
    var generator = TestGenerator(seed)
    images = (0..<count).map { _ in generator.floats(shape.pixelCount, scale: 1) }
    labels = (0..<count).map { $0 % classes }
  }

  var count: Int { images.count }

  func pixels(of index: Int, into pixels: UnsafeMutablePointer<Float>) {
    for (i, value) in images[index].enumerated() { pixels[i] = value }
  }

  func target(of index: Int) -> SampleTarget { .label(labels[index]) }
}

/// A head of random directions.
func randomHead(classes: Int, width: Int, seed: UInt64, scale: Float = 5) throws
  -> (ZeroShotHead, ReferenceHead)
{
  var generator = TestGenerator(seed)
  let directions = generator.floats(classes * width, scale: 1)
  let rows = (0..<classes).map { row in
    directions[row * width..<(row + 1) * width].map(Double.init)
  }
  return (
    try ZeroShotHead(name: "random", directions: directions, classes: classes, scale: scale),
    ReferenceHead(rows: rows, scale: Double(scale))
  )
}

/// Settings for tests: the schedule is constant.
func testSettings(
  batchSize: Int, accumulation: Int = 1, steps: Int = 10, rate: Double = 1e-3,
  weightDecay: Double = 0, seed: UInt64 = 1, shardSize: Int = 2, lanes: Int = 3,
  threads: Int? = 2
) throws -> TrainingSettings {
  try TrainingSettings(
    batchSize: batchSize, accumulation: accumulation,
    schedule: LearningRateSchedule(.constant, peak: rate, totalSteps: steps),
    optimizer: AdamOptimizer(weightDecay: weightDecay), seed: seed, shardSize: shardSize,
    lanes: lanes, threads: threads)
}
