/// A tensor's elements in row-major order, copied from a file that has them in another.
final class RowMajorBytes {
  let bytes: UnsafeRawBufferPointer
  private let memory: UnsafeMutableRawBufferPointer

  /// Copies the elements.
  ///
  /// - Precondition: `bytes` reaches from the first element to the end of the last.
  init(_ bytes: UnsafeRawBufferPointer, _ entry: SafetensorsHeader.Entry, strides: [Int]) {
    let size = entry.elementType.byteCount
    let count = entry.shape.reduce(1, *)
    memory = .allocate(byteCount: count * size, alignment: 64)
    self.bytes = UnsafeRawBufferPointer(memory)
    guard count > 0, let source = bytes.baseAddress, let target = memory.baseAddress,
      let rowLength = entry.shape.last, let step = strides.last
    else {
      memory.copyBytes(from: bytes.prefix(memory.count))
      return
    }
    var index = [Int](repeating: 0, count: entry.shape.count)
    var start = 0
    for row in 0..<(count / rowLength) {
      for column in 0..<rowLength {
        (target + (row * rowLength + column) * size).copyMemory(
          from: source + (start + column * step) * size, byteCount: size)
      }
      // The next row: the last dimension but one counts fastest.
      var dimension = entry.shape.count - 2
      while dimension >= 0 {
        index[dimension] += 1
        start += strides[dimension]
        if index[dimension] < entry.shape[dimension] { break }
        start -= index[dimension] * strides[dimension]
        index[dimension] = 0
        dimension -= 1
      }
    }
  }

  deinit { memory.deallocate() }
}
