import Diagnostics
import Foundation
import GGUFFiles
import Testing

/// A GGUF file written by hand.
struct HandMadeGGUF {
  var bytes = Data("GGUF".utf8)

  mutating func add<Number: FixedWidthInteger>(_ number: Number) {
    withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func add(_ text: String) {
    add(UInt64(text.utf8.count))
    bytes.append(contentsOf: text.utf8)
  }

  /// Two metadata values, a vocabulary and one F32 tensor `[2, 4]`.
  static func small(
    version: UInt32 = 3, tensors: UInt64 = 1, values: UInt64 = 3, type: UInt32 = 0,
    offset: UInt64 = 0, alignment: UInt32 = 32, dimensions: [UInt64] = [4, 2]
  ) -> Data {
    var file = HandMadeGGUF()
    file.add(version)
    file.add(tensors)
    file.add(values)
    file.add("general.architecture")
    file.add(UInt32(8))
    file.add("llama")
    file.add("general.alignment")
    file.add(UInt32(4))
    file.add(alignment)
    file.add("tokenizer.ggml.tokens")
    file.add(UInt32(9))
    file.add(UInt32(8))
    file.add(UInt64(2))
    file.add("a")
    file.add("b")
    file.add("output.weight")
    file.add(UInt32(dimensions.count))
    for dimension in dimensions { file.add(dimension) }
    file.add(type)
    file.add(offset)
    while file.bytes.count % 32 != 0 { file.bytes.append(0) }
    for value in 0..<8 { file.add(Float(value).bitPattern) }
    return file.bytes
  }
}

@Suite struct GGUFFileTests {
  private func read(_ data: Data) throws -> GGUFFile {
    try data.withUnsafeBytes { try GGUFFile(file: "x.gguf", bytes: $0) }
  }

  @Test func `a header is read, with dimensions outermost first`() throws {
    let data = HandMadeGGUF.small()
    let file = try read(data)
    #expect(file.text("general.architecture") == "llama")
    #expect(file.tensors["output.weight"]?.shape == [2, 4])
    #expect(file.tensors["output.weight"]?.range.count == 32)
    let tokens = try data.withUnsafeBytes {
      try file.texts("tokenizer.ggml.tokens", file: "x.gguf", bytes: $0)
    }
    #expect(tokens == ["a", "b"])
  }

  @Test func `each broken rule has its own error`() throws {
    func code(_ data: Data) -> String? {
      do {
        _ = try read(data)
        return nil
      } catch { return (error as? GGUFError)?.code ?? "\(error)" }
    }
    #expect(code(HandMadeGGUF.small(version: 9)) == "gguf.unsupported-version")
    #expect(code(HandMadeGGUF.small(tensors: .max)) == "gguf.count-beyond-file")
    #expect(code(HandMadeGGUF.small(values: 1 << 40)) == "gguf.count-beyond-file")
    #expect(code(HandMadeGGUF.small(type: 39)) == "gguf.unsupported-type")
    #expect(code(HandMadeGGUF.small(offset: 32)) == "gguf.data-beyond-file")
    #expect(code(HandMadeGGUF.small(offset: .max)) == "gguf.data-beyond-file")
    #expect(code(HandMadeGGUF.small(alignment: 24)) == "gguf.bad-alignment")
    #expect(code(HandMadeGGUF.small(dimensions: [1 << 40, 1 << 40])) == "gguf.bad-shape")
    #expect(code(HandMadeGGUF.small(type: 2)) == "gguf.bad-shape")
    #expect(
      code(HandMadeGGUF.small(dimensions: [1, 1, 1, 1, 1, 1, 1, 1, 1]))
        == "gguf.too-many-dimensions")
    #expect(code(Data("GGUF".utf8)) == "gguf.ends-early")
    #expect(code(Data()) == "gguf.ends-early")
  }

  @Test func `a file that is cut short or changed in one byte gives a header or a typed error`() {
    let data = HandMadeGGUF.small()
    for length in 0..<data.count { try? _ = read(Data(data.prefix(length))) }
    for place in data.indices {
      for value in [0, 1, 0x7F, 0x80, 0xFF] as [UInt8] {
        var changed = data
        changed[place] = value
        // Nothing but a typed error can come out; a trap would end the tests.
        if let file = try? read(changed) {
          for tensor in file.tensors.values { #expect(tensor.range.upperBound <= changed.count) }
        }
      }
    }
  }
}
