import Files
import Foundation
import Testing

/// Pages that were given back come again from the file.
@Suite struct MappedFileTests {
  @Test(arguments: [0..<0, 1..<9, 0..<100_000, 5000..<70_001, 99_999..<100_000])
  func givingBackChangesNoByte(range: Range<Int>) throws {
    let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let file = FileManager.default.temporaryDirectory
      .appendingPathComponent("routemark-mapped-\(UUID().uuidString)")
    try Data(bytes).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let mapping = try MappedFile(path: file.path)
    for _ in 0..<2 {
      #expect(mapping.withBytes(0..<mapping.count) { Array($0) } == bytes)
      mapping.giveBack(range)
    }
  }
}
