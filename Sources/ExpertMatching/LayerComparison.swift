import Checkpoints
import DecoderModels
import Diagnostics
import Synchronization
import Tensors

/// The experts of one layer of a suspect beside those of the base and of candidates.
///
/// Matrices are read block by block and given back; what is kept are responses to a few probes, so memory does
/// not grow with the models.
public struct LayerComparison: Sendable {
  /// How slots are compared.
  public struct Settings: Sendable {
    /// The seed of the probes.
    public let seed: UInt64
    /// Probes of a layer.
    public let probes: Int
    /// The kernels.
    public let kernels: Kernels
    /// The threads.
    public let pool: WorkerPool

    /// Settings.
    ///
    /// - Precondition: `probes` is 1 or more.
    public init(
      seed: UInt64, probes: Int, kernels: Kernels = Kernels(), pool: WorkerPool = WorkerPool()
    ) {
      precondition(probes > 0, "at least one probe")
      self.seed = seed
      self.probes = probes
      self.kernels = kernels
      self.pool = pool
    }
  }

  /// What is found of one slot, without a candidate in particular.
  public struct Slot: Sendable {
    /// Inner products in the order suspect; base's own response; candidates: differences from the base's
    /// response but for row 1.
    public let gram: [Double]
    /// The share of weights that are zero and were left out on all sides.
    public let maskedShare: Double
    /// What weights were rounded to.
    public let grid: String?
    /// Hidden units in another place than the base's.
    public let movedUnits: Int
    /// Whether units were rescaled between up and down.
    public let rescaledUnits: Bool
  }

  /// Probes beyond those that experts respond to, by which units are recognised.
  private static let unitProbes = 16

  /// What was found of every slot, in their order.
  public let slots: [Slot]
  private let forms: [SuspectForm]
  private let base: ExpertSlices
  private let candidates: [ExpertSlices]
  private let settings: Settings

  /// Compares.
  ///
  /// - Parameters:
  ///   - gain: the gain of the base's norm before the experts, `[D]`.
  ///   - progress: counts bytes of ``byteCount(slots:base:candidates:)``.
  /// - Precondition: all experts have the same shapes.
  /// - Throws: what reading matrices throws.
  public init(
    layer: Int, slots: [ExpertSlices], base: ExpertSlices, candidates: [ExpertSlices],
    gain: [Float]?, settings: Settings, progress: ProgressHandler? = nil
  ) throws {
    self.base = base
    self.candidates = candidates
    self.settings = settings
    let responder = ExpertResponder(kernels: settings.kernels, pool: settings.pool)
    let count = settings.probes
    let probes = ResponseProbes(
      seed: settings.seed, layer: layer, count: count + Self.unitProbes, width: base.width,
      gain: gain)
    let total = Self.byteCount(slots: slots, base: base, candidates: candidates)
    let done = Mutex(0)
    let advance: @Sendable (Int) -> Void = { bytes in
      let sum = done.withLock { sum in
        sum += bytes
        return sum
      }
      progress?(min(sum, total), total)
    }
    let own = try PlainResponse(base, probes, count, responder, advance)
    var responses: [[Float]] = []
    for candidate in candidates {
      responses.append(try PlainResponse(candidate, probes, count, responder, advance).out)
    }
    var found: [Slot] = []
    var forms: [SuspectForm] = []
    for slot in slots {
      let plain = try PlainResponse(slot, probes, count, responder, advance)
      var form = try SuspectForm(slot, plain, base: base, own: own, kernels: settings.kernels)
      var rows = [plain.out, own.out] + responses
      var masked = 0
      if form.changesValues {
        func formed() throws -> (rows: [[Float]], masked: Int) {
          try FormedResponse.responses(
            form, base: base, candidates: candidates, probes: probes, count: count, responder)
        }
        var found = try formed()
        masked = found.masked
        if Self.isBlind(found.rows, plain: rows),
          form.grids.allSatisfy({ $0?.canRequantize ?? true })
        {
          form.requantizes = true
          found = try formed()
        }
        if !Self.isBlind(found.rows, plain: rows) { rows = found.rows }
      }
      forms.append(form)
      found.append(
        Slot(
          gram: Self.gram(rows), maskedShare: Double(masked) / Double(max(slot.weightCount, 1)),
          grid: Self.gridNames(form.grids), movedUnits: form.units.movedCount,
          rescaledUnits: form.units.factors != nil))
    }
    self.slots = found
    self.forms = forms
  }

  /// Whether rounding to the suspect's grid has left nothing of any candidate's difference from the base.
  ///
  /// Then they are rounded by their own values, or compared as they are. A base that was itself rounded to such a grid does that.
  private static func isBlind(_ formed: [[Float]], plain: [[Float]]) -> Bool {
    func square(_ rows: [[Float]], _ place: Int) -> Double {
      zip(rows[place], rows[1]).reduce(0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) }
    }
    return formed.count > 2
      && (2..<formed.count).allSatisfy { square(formed, $0) <= 1e-3 * square(plain, $0) }
  }

  /// What matrices were rounded to, each kind once; `nil` for floats.
  private static func gridNames(_ grids: [ValueGrid?]) -> String? {
    let names = grids.compactMap { $0?.name }
    let distinct = names.enumerated().filter { !names[..<$0.offset].contains($0.element) }
    return distinct.isEmpty ? nil : distinct.map(\.element).joined(separator: " and ")
  }

  /// The bytes that a comparison reads at least.
  public static func byteCount(
    slots: [ExpertSlices], base: ExpertSlices, candidates: [ExpertSlices]
  ) -> Int {
    (slots + [base] + candidates).reduce(0) { $0 + $1.byteCount }
  }

  /// Inner products of responses, less the base's in all rows but row 1.
  private static func gram(_ rows: [[Float]]) -> [Double] {
    let base = rows[1].map(Double.init)
    let vectors = rows.enumerated().map { place, row in
      place == 1 ? base : zip(row, base).map { Double($0) - $1 }
    }
    let side = rows.count
    var gram = [Double](repeating: 0, count: side * side)
    for a in 0..<side {
      for b in 0...a {
        var sum = 0.0
        for index in base.indices { sum += vectors[a][index] * vectors[b][index] }
        gram[a * side + b] = sum
        gram[b * side + a] = sum
      }
    }
    return gram
  }

  /// How single weights of a slot agree with a candidate's.
  ///
  /// - Returns: weights in which candidate and base differ, how many of these are the candidate's, and the
  ///   factors by which gate, up and down are the candidate's up to one rounding.
  /// - Throws: what reading matrices throws.
  public func agreement(
    slot: Int, candidate: Int
  ) throws -> (compared: Int, equal: Int, multiples: [Double?]) {
    try WeightComparison(
      form: forms[slot], base: base, candidate: candidates[candidate], pool: settings.pool
    ).result()
  }
}

extension ExpertSlices {
  /// The number of weights.
  var weightCount: Int { all.reduce(0) { $0 + $1.count } }
}

/// What an expert responds to the probes as it is.
struct PlainResponse {
  /// Shape `[I, probes]`.
  let gate: [Float]
  /// Shape `[I, probes]`.
  let up: [Float]
  /// Shape `[D, count]`.
  let out: [Float]

  init(
    _ expert: ExpertSlices, _ probes: ResponseProbes, _ count: Int, _ responder: ExpertResponder,
    _ advance: @escaping @Sendable (Int) -> Void
  ) throws {
    func product(_ slice: MatrixSlice, _ inputs: [Float]) throws -> [Float] {
      try responder.product(rows: slice.rows, columns: slice.columns, inputs: inputs) { rows in
        defer {
          slice.giveBack(rows: rows)
          advance(slice.byteCount / max(slice.rows, 1) * rows.count)
        }
        return try slice.floats(rows: rows)
      }
    }
    gate = try product(expert.gate, probes.values)
    up = try product(expert.up, probes.values)
    out = try product(
      expert.down,
      ExpertResponder.hidden(gate: gate, up: up, units: expert.hidden, count: count))
  }
}

extension SuspectForm {
  /// Zeros beyond those that rounding the base to the same grid would leave.
  private static let maskedExcess = 0.05
  private static let sampledRows = 32

  init(
    _ expert: ExpertSlices, _ plain: PlainResponse, base: ExpertSlices, own: PlainResponse,
    kernels: Kernels
  ) throws {
    self.expert = expert
    let order = UnitOrder(
      gate: plain.gate, up: plain.up, baseGate: own.gate, baseUp: own.up, units: expert.hidden,
      kernels: kernels)
    let units = try Self.refined(order, expert.up, base.up)
    self.units = units
    grids = try (0..<3).map { matrix in
      try ValueGrid.find(in: expert.all[matrix]).flatMap { grid in
        try Self.explains(grid, matrix, expert, base, units) ? grid : nil
      }
    }
    let unmasked = SuspectForm(expert: expert, units: units, grids: grids, isMasked: false)
    var (zeros, expected, total) = (0, 0, 0)
    for matrix in 0..<3 {
      let slice = expert.all[matrix]
      for row in stride(from: 0, to: slice.rows, by: max(1, slice.rows / Self.sampledRows)) {
        let values = try slice.floats(rows: row..<row + 1)
        let formed = try unmasked.read(
          base.all[matrix], matrix: matrix, rows: row..<row + 1, like: values,
          steps: unmasked.steps(matrix: matrix, rows: row..<row + 1, values), base: nil)
        zeros += values.count { $0 == 0 }
        expected += formed.count { $0 == 0 }
        total += values.count
      }
    }
    isMasked = Double(zeros - expected) > Self.maskedExcess * Double(max(total, 1))
  }
}

extension SuspectForm {
  /// The factors of up rows from all their weights that are not zero, where they were rescaled at all.
  ///
  /// Equation: f = <s, b> / <b, b> over the weights of a row that the suspect still has
  fileprivate static func refined(
    _ order: UnitOrder, _ up: MatrixSlice, _ base: MatrixSlice
  ) throws -> UnitOrder {
    guard order.factors != nil else { return order }
    let factors = try (0..<up.rows).map { row -> Float in
      let place = order.places?[row] ?? row
      let own = try up.floats(rows: row..<row + 1)
      let other = try base.floats(rows: place..<place + 1)
      var (product, square) = (0.0, 0.0)
      for (s, b) in zip(own, other) where s != 0 {
        product += Double(s) * Double(b)
        square += Double(b) * Double(b)
      }
      return square > 0 && product != 0 ? Float(product / square) : 1
    }
    return UnitOrder(places: order.places, factors: factors)
  }

  /// Whether a grid leaves the suspect's difference from the base as it is.
  ///
  /// A base that was itself rounded
  /// hands its grid on to models that differ little from it, and rounding would then undo the difference.
  fileprivate static func explains(
    _ grid: ValueGrid, _ matrix: Int, _ expert: ExpertSlices, _ base: ExpertSlices,
    _ units: UnitOrder
  ) throws -> Bool {
    if case .blocks = grid.rule { return true }
    let form = SuspectForm(
      expert: expert, units: units, grids: [nil, nil, nil], isMasked: false)
    let slice = expert.all[matrix]
    var (left, difference) = (0.0, 0.0)
    for row in stride(from: 0, to: slice.rows, by: max(1, slice.rows / sampledRows)) {
      let rows = row..<row + 1
      let own = try slice.floats(rows: rows)
      let other = try form.read(
        base.all[matrix], matrix: matrix, rows: rows, like: own, steps: nil, base: nil)
      var snapped = own
      let steps = grid.steps(own, blocks: nil)
      snapped.withUnsafeMutableBufferPointer { grid.snap($0, to: steps) }
      for place in own.indices {
        let (rest, change) = (
          Double(own[place] - snapped[place]), Double(own[place] - other[place])
        )
        left += rest * rest
        difference += change * change
      }
    }
    return left <= 0.1 * difference
  }
}

/// Responses of suspect, base and candidates in the suspect's form.
enum FormedResponse {
  /// The responses in the order suspect, base, candidates, and how many of the suspect's weights are zero
  /// and so were left out.
  static func responses(
    _ form: SuspectForm, base: ExpertSlices, candidates: [ExpertSlices], probes: ResponseProbes,
    count: Int, _ responder: ExpertResponder
  ) throws -> (rows: [[Float]], masked: Int) {
    let experts = [base] + candidates
    let tokens = Array(probes.values.prefix(count * base.width))
    let inputs = [[Float]](repeating: tokens, count: experts.count + 1)
    let masked = Mutex(0)
    func products(_ matrix: Int, _ inputs: [[Float]]) throws -> [[Float]] {
      let own = form.expert.all[matrix]
      let blocks = ExpertResponder.blocks(rows: own.rows, columns: own.columns)
      let parts = try responder.pool.map(blocks.count) { index in
        let rows = blocks[index]
        let suspect = try own.floats(rows: rows)
        own.giveBack(rows: rows)
        if form.isMasked {
          let zeros = suspect.count { $0 == 0 }
          masked.withLock { $0 += zeros }
        }
        let steps = form.steps(matrix: matrix, rows: rows, suspect)
        func formed(_ slice: MatrixSlice, _ base: [Float]?) throws -> [Float] {
          try form.read(
            slice, matrix: matrix, rows: rows, like: suspect, steps: steps, base: base)
        }
        let plain = try formed(base.all[matrix], nil)
        var values = suspect
        form.finish(&values, matrix: matrix, like: suspect, steps: steps, base: plain)
        var outputs = [
          responder.multiply(values, columns: own.columns, inputs[0], count),
          responder.multiply(plain, columns: own.columns, inputs[1], count),
        ]
        for (place, candidate) in candidates.enumerated() {
          let slice = candidate.all[matrix]
          outputs.append(
            responder.multiply(
              try formed(slice, plain), columns: own.columns, inputs[place + 2], count))
        }
        return outputs
      }
      return (0..<experts.count + 1).map { place in parts.flatMap { $0[place] } }
    }
    let gates = try products(0, inputs)
    let ups = try products(1, inputs)
    let hidden = zip(gates, ups).map {
      ExpertResponder.hidden(gate: $0, up: $1, units: base.hidden, count: count)
    }
    let rows = try products(2, hidden)
    return (rows, masked.withLock { $0 })
  }
}
