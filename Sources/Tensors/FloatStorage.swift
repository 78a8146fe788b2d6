/// Memory for a fixed number of f32 elements, aligned to 64 bytes and freed with its last owner, or
/// somebody else's that is kept alive.
///
/// It is `Sendable` because it only hands out its address: whoever writes through ``pointer`` from
/// several threads keeps them to different elements. Whoever uses ``pointer`` keeps the storage alive
/// meanwhile, with a variable that is read again later or `withExtendedLifetime`.
public final class FloatStorage: @unchecked Sendable {
  /// How many elements there are.
  public let count: Int

  /// The first element.
  public let pointer: UnsafeMutablePointer<Float>

  /// Whose memory it is; `nil` when it is this storage's own.
  private let owner: (any AnyObject & Sendable)?

  /// Memory for `count` zeros.
  public init(count: Int) {
    precondition(count >= 0, "a count is not negative")
    let bytes = UnsafeMutableRawPointer.allocate(
      byteCount: max(1, count) * MemoryLayout<Float>.stride, alignment: 64)
    self.count = count
    pointer = bytes.bindMemory(to: Float.self, capacity: count)
    pointer.initialize(repeating: 0, count: count)
    owner = nil
  }

  /// Elements in memory that `owner` holds and that may be read-only, such as a mapped file.
  ///
  /// - Precondition: the address is a multiple of 64.
  public init(at elements: UnsafePointer<Float>, count: Int, of owner: any AnyObject & Sendable) {
    precondition(UInt(bitPattern: elements).isMultiple(of: 64), "kernels read whole cache lines")
    self.count = count
    self.owner = owner
    pointer = UnsafeMutablePointer(mutating: elements)
  }

  /// A copy of the elements.
  public convenience init(_ elements: [Float]) {
    self.init(count: elements.count)
    elements.withUnsafeBufferPointer { source in
      guard let first = source.baseAddress else { return }
      pointer.update(from: first, count: source.count)
    }
  }

  deinit { if owner == nil { UnsafeMutableRawPointer(pointer).deallocate() } }

  /// A copy of all elements.
  public var elements: [Float] {
    withExtendedLifetime(self) { Array(UnsafeBufferPointer(start: pointer, count: count)) }
  }

  /// Calls `body` with the same memory as 16-bit words, two to an element.
  func withWords<Result>(_ body: (UnsafeMutablePointer<UInt16>) throws -> Result) rethrows -> Result
  {
    try withExtendedLifetime(self) {
      try pointer.withMemoryRebound(to: UInt16.self, capacity: 2 * count, body)
    }
  }
}
