import Tensors
import Testing

@Suite struct FloatStorageTests {
  @Test(
    "memory is zero, aligned and all there",
    arguments: [0, 1, 15, 1 << 20, (1 << 20) + 1, (3 << 20) - 7])
  func memory(count: Int) {
    for _ in 0..<3 {
      let storage = FloatStorage(count: count)
      #expect(storage.count == count)
      #expect(UInt(bitPattern: storage.pointer) % 64 == 0)
      #expect((0..<count).allSatisfy { storage.pointer[$0] == 0 })
      for index in 0..<count { storage.pointer[index] = Float(index % 1000) }
      let elements = storage.elements
      #expect(elements.count == count)
      #expect(elements.indices.allSatisfy { elements[$0] == Float($0 % 1000) })
    }
  }
}
