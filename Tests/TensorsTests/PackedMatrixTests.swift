import Tensors
import Testing

@Suite struct PackedMatrixTests {
  @Test(
    "the three ways of packing agree and keep every element",
    arguments: [(1, 1), (31, 5), (32, 17), (33, 40), (70, 3), (0, 4), (5, 0)])
  func packings(rows: Int, columns: Int) {
    var numbers = SeededNumbers(seed: 3)
    let source = numbers.floats(rows * columns)
    let transposed = (0..<rows * columns).map { source[$0 % rows * columns + $0 / rows] }
    let a = PackedMatrix(packing: source, rows: rows, columns: columns)
    let b = PackedMatrix(packingTransposed: transposed, rows: rows, columns: columns)
    let c = PackedMatrix(rows: rows, columns: columns) { row, elements in
      for k in 0..<columns { elements[k] = source[row * columns + k] }
    }
    for row in 0..<rows {
      for column in 0..<columns {
        #expect(a[row, column] == source[row * columns + column])
      }
    }
    #expect(a.panels.elements == b.panels.elements)
    #expect(a.panels.elements == c.panels.elements)
    #expect(a.panels.count == (rows + 31) / 32 * 32 * columns)
  }

  @Test("the padding of the last panel is zero")
  func padding() {
    let w = PackedMatrix(packing: [1, 2, 3, 4], rows: 2, columns: 2)
    let expected = [1, 3] + [Float](repeating: 0, count: 30) + [2, 4]
    #expect(Array(w.panels.elements.prefix(34)) == expected)
    #expect(w.panels.elements.dropFirst(34).allSatisfy { $0 == 0 })
  }

  @Test("an error of the closure passes through")
  func throwing() {
    struct Stop: Error, Equatable { let row: Int }
    #expect(throws: Stop(row: 33)) {
      _ = try PackedMatrix(rows: 40, columns: 2) { row, _ in if row == 33 { throw Stop(row: row) } }
    }
  }

  @Test("storage is aligned to 64 bytes and zero")
  func storage() {
    for count in [0, 1, 17, 1000] {
      let storage = FloatStorage(count: count)
      #expect(UInt(bitPattern: storage.pointer) % 64 == 0)
      #expect(storage.elements == [Float](repeating: 0, count: count))
    }
    #expect(FloatStorage([1, 2, 3]).elements == [1, 2, 3])
  }
}
