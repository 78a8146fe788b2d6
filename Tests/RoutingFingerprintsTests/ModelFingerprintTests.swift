import Diagnostics
import Foundation
import RoutingFingerprints
import Testing

@Suite struct ModelFingerprintTests {
  /// Two tasks, three experts, two layers.
  func small(_ options: FingerprintOptions = FingerprintOptions()) throws -> ModelFingerprint {
    try ModelFingerprint(
      description: describe(tasks: 2, experts: 3, layers: 2), counts: [3, 4],
      meanLogits: [[[1, 0], [2, 0], [6, 3]], [[0.5, 0], [0.25, -1], [1, 0]]], options: options)
  }

  func object(_ fingerprint: ModelFingerprint) throws -> [String: Any] {
    let data = try JSONEncoder().encode(fingerprint)
    return try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  func decode(_ object: [String: Any]) throws -> ModelFingerprint {
    try JSONDecoder().decode(
      ModelFingerprint.self, from: JSONSerialization.data(withJSONObject: object))
  }

  @Test("reading what was written gives every bit back", arguments: UInt64(0)..<20)
  func roundTrip(seed: UInt64) throws {
    for mode in RPFMode.allCases {
      let fingerprint = try SeededTrace(seed: seed).sums().fingerprint(
        FingerprintOptions(rpfMode: mode, jsdBase: .natural))
      let data = try JSONEncoder().encode(fingerprint)
      #expect(try JSONDecoder().decode(ModelFingerprint.self, from: data) == fingerprint)
    }
  }

  @Test("an unknown model digest stays unknown")
  func unknownModelDigest() throws {
    var description = describe(tasks: 1, experts: 1, layers: 1)
    description.modelDigest = nil
    let fingerprint = try ModelFingerprint(
      description: description, counts: [1], meanLogits: [[[0]]])
    #expect(try decode(object(fingerprint)).modelDigest == nil)
  }

  @Test("the JSON keys are those of the format")
  func keys() throws {
    let object = try object(small())
    #expect(object["schema"] as? String == "routemark.fingerprint/2")
    #expect(
      object.keys.sorted() == [
        "counts", "experts", "layerCount", "meanLogits", "modelDigest", "options",
        "routingPreferences", "routingScores", "sampleCount", "schema", "signal", "suiteDigest",
        "tasks", "toolVersion",
      ])
  }

  @Test("another schema is refused")
  func unknownSchema() throws {
    var object = try object(small())
    object["schema"] = "routemark.fingerprint/3"
    #expect(
      throws: FingerprintError.unknownSchema(
        expected: "routemark.fingerprint/2", actual: "routemark.fingerprint/3")
    ) { try decode(object) }
  }

  @Test("every missing key but the model digest is refused")
  func missingKeys() throws {
    let object = try object(small())
    for key in object.keys where key != "modelDigest" {
      var damaged = object
      damaged[key] = nil
      #expect(throws: DecodingError.self, "\(key)") { try decode(damaged) }
    }
  }

  @Test("wrong lengths are refused, naming the key")
  func wrongLengths() throws {
    let object = try object(small())
    let cases: [(String, Any, String, Int, Int)] = [
      ("counts", [7], "counts", 2, 1),
      ("meanLogits", [[[1]]], "meanLogits", 2, 1),
      ("meanLogits", [[[1, 0], [2, 0]], [[1]]], "meanLogits[0]", 3, 2),
      ("meanLogits", [[[1, 0], [2, 0], [6]], [[1]]], "meanLogits[0][2]", 2, 1),
      ("routingScores", [[[1]]], "routingScores", 3, 1),
      ("routingScores", [[[1, 2]], [[1]], [[1]]], "routingScores[0]", 2, 1),
      ("routingPreferences", [[[1]]], "routingPreferences", 3, 1),
      (
        "routingPreferences", [[[0.5, 0.5], [0.5, 0.5]], [[1]], [[1]]], "routingPreferences[0]",
        1, 2
      ),
      ("routingPreferences", [[[1]], [[1]], [[1]]], "routingPreferences[0][0]", 2, 1),
    ]
    for (key, value, place, expected, actual) in cases {
      var damaged = object
      damaged[key] = value
      #expect(
        throws: FingerprintError.wrongLength(key: place, expected: expected, actual: actual)
      ) { try decode(damaged) }
    }
  }

  @Test("counts must be positive and add up")
  func counts() throws {
    var object = try object(small())
    object["counts"] = [7, 0]
    #expect(throws: FingerprintError.emptyTask(task: "t1", count: 0)) { try decode(object) }
    object["counts"] = [3, 5]
    #expect(throws: FingerprintError.wrongSampleCount(expected: 8, actual: 7)) {
      try decode(object)
    }
    for count in [ModelFingerprint.sampleLimit + 1, 1 << 62] {
      object["counts"] = [count, 1]
      #expect(throws: FingerprintError.sampleCountOverflow(task: "t0", count: count)) {
        try decode(object)
      }
    }
    object["counts"] = [1, Int.max]
    #expect(throws: FingerprintError.sampleCountOverflow(task: "t1", count: Int.max)) {
      try decode(object)
    }
  }

  @Test("preferences must be distributions")
  func distributions() throws {
    var object = try object(small())
    object["routingPreferences"] = [[[0.5, 0.25]], [[0.5, 0.5]], [[0.5, 0.5]]]
    #expect(
      throws: FingerprintError.notADistribution(key: "routingPreferences[0][0]", sum: 0.75)
    ) { try decode(object) }
    object["routingPreferences"] = [[[1, 0]], [[-1, 1]], [[0.5, 0.5]]]
    #expect(throws: FingerprintError.notADistribution(key: "routingPreferences[1][0]", sum: 0)) {
      try decode(object)
    }
  }

  @Test("NaN and infinity cannot enter", arguments: [Double.nan, .infinity, 1e40])
  func nonFiniteMeans(value: Double) {
    #expect(
      throws: FingerprintError.valueOutOfRange(
        key: "meanLogits[0][1][0]", value: "\(value)", limit: ModelFingerprint.magnitudeLimit)
    ) {
      try ModelFingerprint(
        description: describe(tasks: 1, experts: 2, layers: 1), counts: [1],
        meanLogits: [[[0], [value]]])
    }
  }

  @Test("NaN does not enter through a decoder that allows it")
  func nonFiniteJSON() throws {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    var object = try object(small())
    object["routingScores"] = [[[0, "nan"], [0, 0]], [[0, 0], [0, 0]], [[0, 0], [0, 0]]]
    let data = try JSONSerialization.data(withJSONObject: object)
    #expect(
      throws: FingerprintError.valueOutOfRange(
        key: "routingScores[0][0][1]", value: "nan", limit: 4 * ModelFingerprint.magnitudeLimit)
    ) { try decoder.decode(ModelFingerprint.self, from: data) }
  }

  @Test("means of the largest Float make a fingerprint that can be read back")
  func largestMeans() throws {
    let limit = ModelFingerprint.magnitudeLimit
    let fingerprint = try ModelFingerprint(
      description: describe(tasks: 2, experts: 3, layers: 2), counts: [1, 1],
      meanLogits: [
        [[limit, -limit], [-limit, limit], [-limit, limit]],
        [[-limit, -limit], [limit, limit], [limit, limit]],
      ])
    #expect(try decode(object(fingerprint)) == fingerprint)
  }

  @Test("what was computed is found consistent; what was edited is named")
  func discrepancies() throws {
    for mode in RPFMode.allCases {
      let fingerprint = try small(FingerprintOptions(rpfMode: mode))
      #expect(try fingerprint.discrepancies().isEmpty)
      #expect(try fingerprint.recomputed() == fingerprint)
    }
    var object = try object(small())
    var scores = try #require(object["routingScores"] as? [[[Double]]])
    scores[1][0][1] += 0.5
    object["routingScores"] = scores
    let found = try decode(object).discrepancies()
    #expect(
      found == [
        Discrepancy(path: "routingScores[1][0][1]", stored: "-0.5", recomputed: "-1.0")
      ])
  }

  @Test("other options are formed from the same means")
  func otherOptions() throws {
    let options = FingerprintOptions(rpfMode: .perLayer, jsdBase: .natural)
    #expect(try small().recomputed(options: options) == small(options))
  }

  @Test("reordering tasks moves every table along")
  func reordered() throws {
    for mode in RPFMode.allCases {
      let fingerprint = try small(FingerprintOptions(rpfMode: mode))
      let reordered = fingerprint.reordered(tasks: ["t1", "t0"])
      #expect(reordered.counts == [4, 3])
      #expect(reordered.meanLogits == Array(fingerprint.meanLogits.reversed()))
      #expect(try reordered.discrepancies().isEmpty)
      #expect(reordered.reordered(tasks: ["t0", "t1"]) == fingerprint)
    }
  }
}

@Suite struct FingerprintErrorTests {
  @Test("every error has its own code, a sentence and a hint")
  func everyErrorSpeaks() {
    let errors: [FingerprintError] = [
      .noNames(key: "tasks"), .emptyName(key: "tasks", index: 0),
      .duplicateName(key: "tasks", name: "a", first: 0, second: 1),
      .invalidLayerCount(actual: 0), .tooLarge(tasks: 1, experts: 1, layers: 1, limit: 1),
      .wrongLogitCount(samples: 1, expected: 1, actual: 0),
      .taskOutOfRange(sample: 0, task: 1, taskCount: 1),
      .nonFiniteLogit(sample: 0, layer: 0, expert: 0, value: "nan"),
      .zeroProbability(sample: 0, layer: 0, expert: 0),
      .probabilityOutOfRange(sample: 0, layer: 0, expert: 0, value: 2),
      .probabilitiesDoNotSum(sample: 0, layer: 0, sum: 2, axesSwapped: true),
      .shardMismatch(field: "tasks", expected: "a", actual: "b"),
      .emptyTask(task: "a", count: 0), .sampleCountOverflow(task: "a", count: 1),
      .wrongSampleCount(expected: 1, actual: 2), .unknownSchema(expected: "a", actual: "b"),
      .wrongLength(key: "counts", expected: 1, actual: 2),
      .valueOutOfRange(key: "meanLogits", value: "nan", limit: 1),
      .notADistribution(key: "routingPreferences", sum: 2),
    ]
    #expect(Set(errors.map(\.code)).count == errors.count)
    for error in errors {
      #expect(error.code.hasPrefix("fingerprint."))
      #expect(!error.hints.isEmpty && !error.what.hasSuffix("."))
    }
    #expect(
      FingerprintError.nonFiniteLogit(sample: 7, layer: 2, expert: 1, value: "nan").description
        == "expected a finite router logit, found nan, at sample 7, layer 2, expert 1 "
        + "[fingerprint.non-finite-logit]")
  }
}
