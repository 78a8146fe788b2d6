/// Converts the bytes of tensors to numbers, little-endian and at any alignment.
///
/// Half precision is converted with integer operations and one subtraction, which is exact for
/// every value, needs no hardware support, and is vectorized by the compiler.
enum ElementConversion {
  /// An element that cannot be converted.
  enum Fault: Error {
    case nonFinite(index: Int, actual: String)
    case notRepresentable(index: Int, actual: String)

    /// The typed error; `offset` is the index of the first converted element in its tensor.
    func error(
      tensor: String, file: String, offset: Int, expected: String
    ) -> CheckpointError {
      switch self {
      case .nonFinite(let index, let actual):
        .nonFinite(tensor: tensor, file: file, index: offset + index, actual: actual)
      case .notRepresentable(let index, let actual):
        .notRepresentable(
          tensor: tensor, file: file, index: offset + index, expected: expected, actual: actual)
      }
    }
  }

  // MARK: To Float

  /// Converts `output.count` elements.
  ///
  /// - Precondition: `type` is a floating-point type and `bytes` has as many elements as `output`.
  static func floats(
    from bytes: UnsafeRawBufferPointer, _ type: ElementType,
    into output: UnsafeMutableBufferPointer<Float>
  ) throws(Fault) {
    precondition(bytes.count == output.count * type.byteCount, "one element a number")
    guard let source = bytes.baseAddress, let target = output.baseAddress else { return }
    let count = output.count
    let isFinite =
      switch type {
      case .f32: copySingles(source, target, count)
      case .f16: widenHalves(source, target, count)
      case .bf16: widenBrains(source, target, count)
      case .f64: narrowDoubles(source, target, count)
      default: preconditionFailure("floats are made from floating-point types only")
      }
    guard !isFinite else { return }
    for index in 0..<count where !target[index].isFinite {
      if type == .f64 {
        let value = double(source, index)
        if value.isFinite { throw .notRepresentable(index: index, actual: "\(value)") }
      }
      throw .nonFinite(index: index, actual: "\(target[index])")
    }
  }

  // Each kernel returns whether all values are finite. Adding one to the exponent field carries
  // into the sign's place exactly for infinities and NaN, so one OR over all elements is enough.

  private static func copySingles(
    _ source: UnsafeRawPointer, _ target: UnsafeMutablePointer<Float>, _ count: Int
  ) -> Bool {
    UnsafeMutableRawPointer(target).copyMemory(from: source, byteCount: count * 4)
    var carry: UInt32 = 0
    for index in 0..<count {
      carry |= (target[index].bitPattern & 0x7FFF_FFFF) &+ 0x0080_0000
    }
    return carry < 0x8000_0000
  }

  private static func widenHalves(
    _ source: UnsafeRawPointer, _ target: UnsafeMutablePointer<Float>, _ count: Int
  ) -> Bool {
    var carry: UInt32 = 0
    for index in 0..<count {
      let half = UInt32(source.loadUnaligned(fromByteOffset: index &* 2, as: UInt16.self))
      let magnitude = half & 0x7FFF
      carry |= magnitude &+ 0x0400
      target[index] = single(magnitude: magnitude, sign: (half & 0x8000) << 16)
    }
    return carry < 0x8000
  }

  private static func widenBrains(
    _ source: UnsafeRawPointer, _ target: UnsafeMutablePointer<Float>, _ count: Int
  ) -> Bool {
    var carry: UInt32 = 0
    for index in 0..<count {
      let bits = UInt32(source.loadUnaligned(fromByteOffset: index &* 2, as: UInt16.self)) << 16
      carry |= (bits & 0x7FFF_FFFF) &+ 0x0080_0000
      target[index] = Float(bitPattern: bits)
    }
    return carry < 0x8000_0000
  }

  private static func narrowDoubles(
    _ source: UnsafeRawPointer, _ target: UnsafeMutablePointer<Float>, _ count: Int
  ) -> Bool {
    var carry: UInt32 = 0
    for index in 0..<count {
      let value = Float(double(source, index))
      target[index] = value
      carry |= (value.bitPattern & 0x7FFF_FFFF) &+ 0x0080_0000
    }
    return carry < 0x8000_0000
  }

  /// A half without its sign, widened: its exponent is biased by 15, a single's by 127.
  ///
  /// Subnormal halves have no hidden bit; giving them one and subtracting it again normalizes them.
  @inline(__always)
  private static func single(magnitude: UInt32, sign: UInt32) -> Float {
    let biased = magnitude << 13 &+ 112 << 23
    let normalized = Float(bitPattern: biased &+ 1 << 23) - Float(bitPattern: 113 << 23)
    let bits = magnitude < 0x0400 ? normalized.bitPattern : biased
    // Infinity and NaN keep the largest exponent.
    let exponent: UInt32 = magnitude >= 0x7C00 ? 0x7F80_0000 : 0
    return Float(bitPattern: bits | exponent | sign)
  }

  private static func double(_ source: UnsafeRawPointer, _ index: Int) -> Double {
    Double(bitPattern: source.loadUnaligned(fromByteOffset: index &* 8, as: UInt64.self))
  }

  // MARK: To Double and Int

  /// Converts `output.count` elements without loss.
  ///
  /// - Precondition: as for `floats`.
  static func doubles(
    from bytes: UnsafeRawBufferPointer, _ type: ElementType,
    into output: UnsafeMutableBufferPointer<Double>
  ) throws(Fault) {
    precondition(bytes.count == output.count * type.byteCount, "one element a number")
    guard let source = bytes.baseAddress else { return }
    for index in 0..<output.count {
      let value: Double
      switch type {
      case .f64: value = double(source, index)
      case .f32:
        value = Double(
          Float(bitPattern: source.loadUnaligned(fromByteOffset: index &* 4, as: UInt32.self)))
      case .f16, .bf16:
        let bits = UInt32(source.loadUnaligned(fromByteOffset: index &* 2, as: UInt16.self))
        value = Double(
          type == .bf16
            ? Float(bitPattern: bits << 16)
            : single(magnitude: bits & 0x7FFF, sign: (bits & 0x8000) << 16))
      default: preconditionFailure("doubles are made from floating-point types only")
      }
      guard value.isFinite else { throw .nonFinite(index: index, actual: "\(value)") }
      output[index] = value
    }
  }

  /// Converts `output.count` elements.
  ///
  /// - Precondition: `type` is an integer type and `bytes` has as many elements as `output`.
  static func integers(
    from bytes: UnsafeRawBufferPointer, _ type: ElementType,
    into output: UnsafeMutableBufferPointer<Int>
  ) throws(Fault) {
    precondition(bytes.count == output.count * type.byteCount, "one element a number")
    switch type {
    case .bool: try integers(from: bytes, UInt8.self, below: 2, into: output)
    case .u8: try integers(from: bytes, UInt8.self, into: output)
    case .i8: try integers(from: bytes, Int8.self, into: output)
    case .i16: try integers(from: bytes, Int16.self, into: output)
    case .u16: try integers(from: bytes, UInt16.self, into: output)
    case .i32: try integers(from: bytes, Int32.self, into: output)
    case .u32: try integers(from: bytes, UInt32.self, into: output)
    case .i64: try integers(from: bytes, Int64.self, into: output)
    case .u64: try integers(from: bytes, UInt64.self, into: output)
    default: preconditionFailure("integers are made from integer types only")
    }
  }

  private static func integers<Element: FixedWidthInteger & BitwiseCopyable>(
    from bytes: UnsafeRawBufferPointer, _ type: Element.Type, below limit: Int = .max,
    into output: UnsafeMutableBufferPointer<Int>
  ) throws(Fault) {
    for index in 0..<output.count {
      let element = Element(
        littleEndian: bytes.loadUnaligned(
          fromByteOffset: index * MemoryLayout<Element>.size, as: Element.self))
      guard let value = Int(exactly: element), value < limit || limit == .max else {
        throw .notRepresentable(index: index, actual: "\(element)")
      }
      output[index] = value
    }
  }

  // MARK: From Float and Int

  /// Stores `values` in another type, rounded to nearest, ties to even.
  ///
  /// - Precondition: `type` is a floating-point type and `output` has room.
  static func encode(
    _ values: UnsafeBufferPointer<Float>, as type: ElementType,
    into output: UnsafeMutableRawBufferPointer
  ) throws(Fault) {
    precondition(output.count >= values.count * type.byteCount, "room for every element")
    guard let target = output.baseAddress else { return }
    for index in 0..<values.count {
      let value = values[index]
      guard value.isFinite else { throw .nonFinite(index: index, actual: "\(value)") }
      let narrow: UInt16?
      switch type {
      case .f16: narrow = half(value)
      case .bf16: narrow = brain(value)
      case .f32:
        store(value.bitPattern, index, target)
        continue
      case .f64:
        store(Double(value).bitPattern, index, target)
        continue
      default: preconditionFailure("floats are written as floating-point types only")
      }
      guard let narrow else { throw .notRepresentable(index: index, actual: "\(value)") }
      store(narrow, index, target)
    }
  }

  /// Stores `values` in an integer type.
  ///
  /// - Precondition: `type` is an integer type and `output` has room.
  static func encode(
    _ values: UnsafeBufferPointer<Int>, as type: ElementType,
    into output: UnsafeMutableRawBufferPointer
  ) throws(Fault) {
    precondition(output.count >= values.count * type.byteCount, "room for every element")
    guard let target = output.baseAddress else { return }
    for (index, value) in values.enumerated() {
      let fits =
        switch type {
        case .bool: (0...1).contains(value) && store(UInt8(exactly: value), index, target)
        case .u8: store(UInt8(exactly: value), index, target)
        case .i8: store(Int8(exactly: value), index, target)
        case .i16: store(Int16(exactly: value), index, target)
        case .u16: store(UInt16(exactly: value), index, target)
        case .i32: store(Int32(exactly: value), index, target)
        case .u32: store(UInt32(exactly: value), index, target)
        case .i64: store(Int64(exactly: value), index, target)
        case .u64: store(UInt64(exactly: value), index, target)
        default: preconditionFailure("integers are written as integer types only")
        }
      guard fits else { throw .notRepresentable(index: index, actual: "\(value)") }
    }
  }

  /// The nearest half, or `nil` when that is infinite.
  static func half(_ value: Float) -> UInt16? {
    let magnitude = value.bitPattern & 0x7FFF_FFFF
    let sign = UInt16(truncatingIfNeeded: value.bitPattern >> 16) & 0x8000
    // 65520 is halfway between the largest half and the next power of two.
    guard magnitude < Float(65_520).bitPattern else { return nil }
    guard magnitude >= Float(0x1p-14).bitPattern else {
      // Adding 0.5 leaves a unit in the last place of 2^-24, that of subnormal halves: the addition
      // rounds as needed.
      let shifted = Float(bitPattern: magnitude) + 0.5
      return sign | UInt16(truncatingIfNeeded: shifted.bitPattern &- Float(0.5).bitPattern)
    }
    let isOdd = magnitude >> 13 & 1
    let rounded = magnitude &+ 0x0FFF &+ isOdd &- 112 << 23
    return sign | UInt16(truncatingIfNeeded: rounded >> 13)
  }

  /// The nearest bfloat16, or `nil` when that is infinite.
  static func brain(_ value: Float) -> UInt16? {
    let bits = value.bitPattern
    let rounded = (bits & 0x7FFF_FFFF) &+ 0x7FFF &+ (bits >> 16 & 1)
    guard rounded < 0x7F80_0000 else { return nil }
    return UInt16(truncatingIfNeeded: rounded >> 16) | UInt16(truncatingIfNeeded: bits >> 16)
      & 0x8000
  }

  @inline(__always)
  private static func store<Element: FixedWidthInteger & BitwiseCopyable>(
    _ value: Element, _ index: Int, _ target: UnsafeMutableRawPointer
  ) {
    target.storeBytes(
      of: value.littleEndian, toByteOffset: index &* MemoryLayout<Element>.size,
      as: Element.self)
  }

  private static func store<Element: FixedWidthInteger & BitwiseCopyable>(
    _ value: Element?, _ index: Int, _ target: UnsafeMutableRawPointer
  ) -> Bool {
    guard let value else { return false }
    store(value, index, target)
    return true
  }
}
