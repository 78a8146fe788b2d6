import Checkpoints
import Examinations
import Foundation
import GGUFFiles
import SlotAttribution
import Testing

/// Suspects in GGUF, whose blocks are made here as `ggml-quants.c` makes them.
@Suite struct GGUFSuspectTests {
  /// Q4_0 blocks of values, or Q8_0: `d` from the value of largest magnitude.
  private func blocks(_ values: [Float], _ type: GGUFTensorType) -> Data {
    var data = Data()
    for start in stride(from: 0, to: values.count, by: 32) {
      let block = Array(values[start..<start + 32])
      let most = block.max { abs($0) < abs($1) } ?? 0
      let d = type == .q4_0 ? most / -8 : abs(most) / 127
      if type == .q4_1 {
        let (least, top) = (block.min() ?? 0, block.max() ?? 0)
        let step = (top - least) / 15
        for number in [Self.half(step), Self.half(least)] {
          withUnsafeBytes(of: number.littleEndian) { data.append(contentsOf: $0) }
        }
        let codes = block.map { UInt8(min(15, Int(($0 - least) / step + 0.5))) }
        for place in 0..<16 { data.append(codes[place] | codes[place + 16] << 4) }
        continue
      }
      let half = Self.half(d)
      withUnsafeBytes(of: half.littleEndian) { data.append(contentsOf: $0) }
      let inverse = d == 0 ? 0 : 1 / d
      if type == .q8_0 {
        for value in block { data.append(UInt8(bitPattern: Int8((value * inverse).rounded()))) }
      } else {
        let codes = block.map { UInt8(min(15, max(0, Int($0 * inverse + 8.5)))) }
        for place in 0..<16 { data.append(codes[place] | codes[place + 16] << 4) }
      }
    }
    return data
  }

  /// Weights as they come back from Q4_1.
  private func onGrid(_ layers: Layers) -> Layers {
    Tampered.map(layers) { _, matrix in
      var values = matrix
      let data = blocks(matrix, .q4_1)
      data.withUnsafeBytes { bytes in
        values.withUnsafeMutableBufferPointer { GGUFBlocks.dequantize(.q4_1, bytes, into: $0) }
      }
      return values
    }
  }

  @Test func `an expert is found in the type that the base itself came from`() throws {
    // Public bases come from GGUF files too; then most codes of base and expert are the same.
    let decoders = try TinyDecoders(seed: 43)
    defer { decoders.remove() }
    let base = onGrid(decoders.base)
    func trained(_ own: UInt64) -> Layers {
      decoders.trained(from: base, domain: 1, own: own, size: 0.001)
    }
    let path = decoders.folder + "/suspect.gguf"
    try write([trained(1), trained(2), base], decoders, .q4_1, to: path)
    let others = try (0..<2).map { place in
      NamedPath(
        name: "other\(place)",
        path: try decoders.dense("other\(place)", trained(UInt64(30 + place)), type: .f32))
    }
    let result = try SlotRequest(
      suspect: path,
      victims: [
        NamedPath(name: "german", path: try decoders.dense("german", trained(1), type: .f32))
      ], base: try decoders.dense("base", base, type: .f32), others: others, layers: .all,
      seed: 77_000_001
    ).run(Examiner(tool: "tests"))
    #expect(result.findings[0].conclusion == .matchesWeights, "\(result.findings[0])")
    for finding in result.findings.dropFirst() {
      #expect(![.matchesWeights, .identical].contains(finding.conclusion), "\(finding)")
    }
  }

  /// The nearest half of a number whose half is normal.
  private static func half(_ value: Float) -> UInt16 {
    guard value != 0 else { return 0 }
    let bits = value.bitPattern
    let sign = UInt16(truncatingIfNeeded: bits >> 16) & 0x8000
    let magnitude = (bits & 0x7FFF_FFFF) &+ 0x0FFF &+ (bits >> 13 & 1)
    guard magnitude > 0x3880_0000 else {
      // Subnormal: units of 2^-24.
      return sign | UInt16((abs(value) * 0x1p24).rounded())
    }
    return sign | UInt16(truncatingIfNeeded: (magnitude - 0x3800_0000) >> 13)
  }

  private func write(
    _ experts: [Layers], _ decoders: TinyDecoders, _ type: GGUFTensorType, to path: String
  ) throws {
    var header = Data("GGUF".utf8)
    func add(_ number: some FixedWidthInteger) {
      withUnsafeBytes(of: number.littleEndian) { header.append(contentsOf: $0) }
    }
    func add(text: String) {
      add(UInt64(text.utf8.count))
      header.append(contentsOf: text.utf8)
    }
    var data = Data()
    var listings: [(name: String, ne: [Int], type: GGUFTensorType, offset: Int)] = []
    func tensor(_ name: String, _ ne: [Int], _ values: [Float], _ type: GGUFTensorType) {
      listings.append((name, ne, type, data.count))
      if type == .f32 {
        for value in values {
          withUnsafeBytes(of: value.bitPattern.littleEndian) { data.append(contentsOf: $0) }
        }
      } else {
        data.append(blocks(values, type))
      }
      while data.count % 32 != 0 { data.append(0) }
    }
    let (D, I, E) = (TinyDecoders.D, TinyDecoders.I, experts.count)
    tensor("token_embd.weight", [D, TinyDecoders.vocabulary], decoders.embedding, .f32)
    for layer in 0..<TinyDecoders.layerCount {
      let stem = "blk.\(layer)."
      tensor(
        stem + "ffn_gate_inp.weight", [D, E],
        TinyDecoders.normals(3, stream: UInt64(layer), 1, count: D * E), .f32)
      for (index, name) in ["gate", "up", "down"].enumerated() {
        tensor(
          stem + "ffn_\(name)_exps.weight", index == 2 ? [I, D, E] : [D, I, E],
          experts.flatMap { $0[layer][index] }, type)
      }
    }
    add(UInt32(3))
    add(UInt64(listings.count))
    add(UInt64(3))
    add(text: "general.architecture")
    add(UInt32(8))
    add(text: "llama")
    for (key, value) in [("llama.expert_count", E), ("llama.expert_used_count", 2)] {
      add(text: key)
      add(UInt32(4))
      add(UInt32(value))
    }
    for listing in listings {
      add(text: listing.name)
      add(UInt32(listing.ne.count))
      for extent in listing.ne { add(UInt64(extent)) }
      add(listing.type.rawValue)
      add(UInt64(listing.offset))
    }
    while header.count % 32 != 0 { header.append(0) }
    try (header + data).write(to: URL(fileURLWithPath: path))
  }

  @Test(arguments: [GGUFTensorType.q4_0, .q8_0])
  func `an expert is found under the codes of a GGUF file, an innocent is not`(
    _ type: GGUFTensorType
  ) throws {
    let decoders = try TinyDecoders(seed: 41)
    defer { decoders.remove() }
    let german = decoders.trained(domain: 1, own: 1)
    let further = decoders.trained(from: german, domain: 1, own: 8, size: 0.003)
    let path = decoders.folder + "/suspect.gguf"
    try write(
      [german, decoders.trained(domain: 1, own: 2), further, decoders.base], decoders, type,
      to: path)
    let others = try (0..<2).map { place in
      NamedPath(
        name: "other\(place)",
        path: try decoders.dense(
          "other\(place)", decoders.trained(domain: 1, own: UInt64(30 + place)), type: .f32))
    }
    let result = try SlotRequest(
      suspect: path,
      victims: [NamedPath(name: "german", path: try decoders.dense("german", german, type: .f32))],
      base: try decoders.dense("base", decoders.base, type: .f32), others: others, layers: .all,
      seed: 77_000_001
    ).run(Examiner(tool: "tests"))
    #expect(result.findings[0].conclusion == .matchesWeights, "\(result.findings[0])")
    #expect(result.findings[0].changes.contains("rounded to \(type.name)"))
    #expect(result.findings[2].source == "german", "\(result.findings[2])")
    for place in [1, 3] {
      #expect(
        ![.matchesWeights, .identical].contains(result.findings[place].conclusion),
        "\(result.findings[place])")
    }
  }
}
