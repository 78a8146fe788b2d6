import PyTorchFiles
import Testing

@Suite struct PickleMachineTests {
  private let tensor = Pickle.tensor(shape: [2, 3], strides: [3, 1])

  private func failure(_ body: [UInt8]) -> PyTorchFileError? {
    do {
      _ = try read(archive(pickle: Pickle.whole(body)))
      return nil
    } catch {
      return error as? PyTorchFileError
    }
  }

  @Test func dictionariesAroundTensorsBecomeTheirNames() throws {
    let inner = Pickle.dictionary([("fc.weight", tensor), ("epoch", Pickle.integer(3))])
    let body = Pickle.dictionary([
      ("state_dict", inner), ("list", Array("](".utf8) + tensor + [0x65]),
    ])
    let tensors = try read(archive(pickle: Pickle.whole(body)))
    #expect(tensors.keys.sorted() == ["list.0", "state_dict.fc.weight"])
    #expect(tensors["list.0"]?.shape == [2, 3] && tensors["list.0"]?.strides == nil)
    #expect(tensors["list.0"]?.range.count == 24)
  }

  @Test func viewsHaveTheirOwnPlaceInTheStorage() throws {
    let column = Pickle.tensor(shape: [2], strides: [3], offset: 1)
    let tensors = try read(
      archive(
        pickle: Pickle.whole(
          Pickle.dictionary([
            ("column", column), ("whole", tensor),
            ("transposed", Pickle.tensor(shape: [3, 2], strides: [1, 3])),
            ("row", Pickle.tensor(shape: [1, 3], strides: [99, 1], offset: 3)),
          ]))))
    let start = try #require(tensors["whole"]).range.lowerBound
    #expect(tensors["column"]?.range == (start + 4)..<(start + 20))
    #expect(tensors["column"]?.strides == [3])
    #expect(tensors["transposed"]?.strides == [1, 3])
    #expect(tensors["row"]?.strides == nil, "the stride of a dimension of 1 is never used")
  }

  @Test(
    arguments: [
      ("os", "system"), ("posix", "system"), ("builtins", "eval"), ("builtins", "getattr"),
      ("torch", "load"), ("torch.jit", "load"), ("torch.nn.modules.linear", "Linear"),
      ("torch._utils", "_rebuild_wrapper_subclass"), ("collections", "defaultdict"), ("", ""),
    ])
  func globalsThatAreNotATensorsAreRefusedByName(module: String, name: String) {
    let call = Pickle.global(module, name) + Pickle.tuple([Pickle.text("id")]) + Array("R".utf8)
    #expect(failure(call) == .forbiddenGlobal(file: "f.pt", offset: 2, name: "\(module).\(name)"))
    let stacked = Pickle.text(module) + Pickle.text(name) + [0x93]
    guard case .forbiddenGlobal(_, _, "\(module).\(name)") = failure(stacked) else {
      Issue.record("the same by STACK_GLOBAL")
      return
    }
  }

  @Test(arguments: [0x81, 0x92, 0x69, 0x6F, 0x82, 0x50, 0x97, 0x32, 0x49, 0x00, 0xFF] as [UInt8])
  func instructionsThatMakeObjectsAreRefused(code: UInt8) {
    #expect(
      failure(tensor + [code])
        == .unsupportedInstruction(file: "f.pt", offset: 2 + tensor.count, code: code))
  }

  @Test func aValueThatContainsItselfIsRefused() {
    // l = []; l.append(l)
    guard case .limitExceeded = failure([0x5D, 0x71, 0, 0x68, 0, 0x61]) else {
      Issue.record("a list in itself")
      return
    }
    let cyclic = Array("}q\0".utf8) + Pickle.text("a") + [0x68, 0, 0x73]
    guard case .limitExceeded = failure(cyclic) else {
      Issue.record("a dictionary in itself")
      return
    }
  }

  /// 60 levels of pairs of the level below: 2^60 tensors, if anybody counted them.
  @Test func sharedValuesDoNotMultiply() {
    var body = tensor + [0x71, 0, 0x30]
    for level in 0..<60 as Range<UInt8> {
      body += [0x68, level, 0x68, level, 0x86, 0x71, level + 1, 0x30]
    }
    body += [0x68, 60]
    guard case .limitExceeded = failure(body) else {
      Issue.record("shared tuples")
      return
    }
  }

  /// The name of the outer dictionary would be repeated for each of 20,000 tensors.
  @Test func longNamesDoNotMultiply() {
    var body: [UInt8] = tensor + [0x71, 0, 0x30, UInt8(ascii: "}")]
    body += Pickle.text(String(repeating: "n", count: 100_000))
    body += Array("}(".utf8)
    for index in 0..<20_000 {
      body += Pickle.text("\(index)")
      body += [0x68, 0]
    }
    body += Array("us".utf8)
    guard case .limitExceeded = failure(body) else {
      Issue.record("long names")
      return
    }
  }

  @Test func deepTuplesAndManyMarksEnd() {
    let deep = [0x29] + [UInt8](repeating: 0x85, count: 200_000)
    #expect(failure(deep) != nil)
    #expect(failure([UInt8](repeating: 0x28, count: 2_000_000)) != nil)
    #expect(failure([UInt8](repeating: 0x5D, count: 2_000_000)) != nil)
    #expect(failure([0x4E] + [UInt8](repeating: 0x94, count: 2_000_000)) != nil)
  }

  @Test func lengthsBeyondThePickleAreRefused() {
    for code in [0x58, 0x54, 0x42, 0x8B] as [UInt8] {
      #expect(failure([code, 0xFF, 0xFF, 0xFF, 0x7F]) != nil)
    }
    for code in [0x8D, 0x8E, 0x96] as [UInt8] {
      #expect(failure([code] + [UInt8](repeating: 0xFF, count: 8)) != nil)
    }
    #expect(failure([0x6A, 0xFF, 0xFF, 0xFF, 0xFF]) != nil)
    #expect(failure([0x4E, 0x72, 0xFF, 0xFF, 0xFF, 0xFF]) != nil)
  }

  @Test(
    arguments: [
      ([2, 3], [3, 1], 1, 6), ([7], [1], 0, 6), ([6], [1], -1, 6), ([2], [-1], 1, 6),
      ([1 << 62, 4], [1, 1], 0, 6), ([2], [Int.max], 0, 6), ([2, 2], [Int.max, Int.max], 5, 6),
      ([1_000_000], [0], 0, 6), ([6], [1], 0, 7), ([6], [1], 0, Int.max),
      ([0, 1 << 62], [1, 1], 0, 6),
      ([6], [1, 1], 0, 6),
    ])
  func viewsBeyondTheirStorageAreRefused(shape: [Int], strides: [Int], offset: Int, count: Int) {
    let view = Pickle.tensor(shape: shape, strides: strides, offset: offset, storage: count)
    let error = failure(Pickle.dictionary([("w", view)]))
    // A shape with a zero before the large number is an empty tensor and nothing else.
    if shape == [0, 1 << 62] { #expect(error == nil) } else { #expect(error != nil) }
  }

  @Test func tensorsNeedStorageAndName() {
    #expect(
      failure(
        Pickle.dictionary([("w", Pickle.tensor(shape: [6], strides: [1], key: "../data.pkl"))]))
        == .malformedTensor(
          file: "f.pt", tensor: "w", expected: "an entry with its storage", actual: "none"))
    #expect(failure(tensor) != nil, "a tensor without a name")
    #expect(failure(Pickle.dictionary([("w", Pickle.integer(1))])) == .noTensors(file: "f.pt"))
    #expect(
      failure(Pickle.dictionary([("a", Pickle.dictionary([("b", tensor)])), ("a.b", tensor)]))
        == .duplicateTensor(file: "f.pt", tensor: "a.b"))
  }

  /// 10,000 mutations: a mutated file is read or refused, never a crash.
  @Test(arguments: 0..<20 as Range<UInt64>)
  func mutatedFilesAreReadOrRefused(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let valid = archive(
      pickle: Pickle.whole(
        Pickle.dictionary([
          ("state_dict", Pickle.dictionary([("a", tensor), ("b", tensor)])),
          ("list", Array("](".utf8) + tensor + [0x65]),
          ("column", Pickle.tensor(shape: [2], strides: [3], offset: 1)),
        ])))
    var refused = 0
    for _ in 0..<500 {
      var bytes = valid
      for _ in 0..<Int.random(in: 1...4, using: &generator) { mutate(&bytes, &generator) }
      do {
        for tensor in try read(bytes).values {
          #expect(tensor.range.lowerBound >= 0 && tensor.range.upperBound <= bytes.count)
        }
      } catch {
        refused += 1
        let error = error as? PyTorchFileError
        #expect(error?.what.isEmpty == false && error?.location != nil)
      }
    }
    #expect(refused > 250, "seed \(seed): most mutations break a rule")
  }

  private func mutate(_ bytes: inout [UInt8], _ generator: inout SeededGenerator) {
    guard !bytes.isEmpty else { return }
    let position = Int.random(in: 0..<bytes.count, using: &generator)
    let length = min(bytes.count - position, Int.random(in: 1...12, using: &generator))
    switch Int.random(in: 0..<5, using: &generator) {
    case 0: bytes[position] = UInt8.random(in: 0...255, using: &generator)
    case 1: bytes[position] ^= 1 << UInt8.random(in: 0...7, using: &generator)
    case 2: bytes[position] = Array("\u{28}tuRQe}])cq.X".utf8).randomElement(using: &generator) ?? 0
    case 3:
      let other = Int.random(in: 0...(bytes.count - length), using: &generator)
      bytes.replaceSubrange(
        position..<(position + length), with: Array(bytes[other..<(other + length)]))
    default: bytes[position] = 0xFF
    }
  }
}

/// SplitMix64: small, and the same numbers everywhere.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
