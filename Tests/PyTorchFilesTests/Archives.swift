import PyTorchFiles

/// An entry of a zip archive, with what a test wants to be wrong about it.
struct ArchiveEntry {
  var name: String
  var data: [UInt8]
  var flags: UInt16 = 0
  var method: UInt16 = 0
  /// The name and the length that the entry's own header has, where they differ from the directory's.
  var ownName: String?
  var ownLength: Int?
  /// Where the directory says that the entry starts, where that is not true.
  var place: Int?
}

func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
  withUnsafeBytes(of: value.littleEndian) { Array($0) }
}

/// A zip archive of stored entries, as `torch.save` writes it.
func archive(_ entries: [ArchiveEntry]) -> [UInt8] {
  var bytes: [UInt8] = []
  var directory: [UInt8] = []
  for entry in entries {
    let place = entry.place ?? bytes.count
    let ownName = Array((entry.ownName ?? entry.name).utf8)
    let ownLength = UInt32(entry.ownLength ?? entry.data.count)
    bytes += littleEndian(UInt32(0x0403_4B50)) + littleEndian(UInt16(0))
    bytes += littleEndian(entry.flags) + littleEndian(entry.method)
    bytes += [UInt8](repeating: 0, count: 8) + littleEndian(ownLength) + littleEndian(ownLength)
    bytes += littleEndian(UInt16(ownName.count)) + littleEndian(UInt16(0)) + ownName + entry.data
    let name = Array(entry.name.utf8)
    directory += littleEndian(UInt32(0x0201_4B50)) + littleEndian(UInt32(0))
    directory += littleEndian(entry.flags) + littleEndian(entry.method)
    directory += [UInt8](repeating: 0, count: 8)
    directory += littleEndian(UInt32(entry.data.count)) + littleEndian(UInt32(entry.data.count))
    directory += littleEndian(UInt16(name.count)) + [UInt8](repeating: 0, count: 12)
    directory += littleEndian(UInt32(place)) + name
  }
  let start = bytes.count
  bytes += directory + littleEndian(UInt32(0x0605_4B50)) + littleEndian(UInt32(0))
  bytes += littleEndian(UInt16(entries.count)) + littleEndian(UInt16(entries.count))
  return bytes + littleEndian(UInt32(directory.count)) + littleEndian(UInt32(start))
    + littleEndian(UInt16(0))
}

/// An archive with this pickle and one storage of 6 floats, 0 to 5, under the key `0`.
func archive(pickle: [UInt8]) -> [UInt8] {
  archive([
    ArchiveEntry(name: "a/data.pkl", data: pickle),
    ArchiveEntry(name: "a/byteorder", data: Array("little".utf8)),
    ArchiveEntry(
      name: "a/data/0", data: (0..<6).flatMap { littleEndian(Float($0).bitPattern) }),
  ])
}

func read(_ bytes: [UInt8]) throws -> [String: PyTorchFile.Tensor] {
  try bytes.withUnsafeBytes { try PyTorchFile(file: "f.pt", bytes: $0).tensors }
}

/// Pickles by their instructions.
enum Pickle {
  static func text(_ text: String) -> [UInt8] {
    [UInt8(ascii: "X")] + littleEndian(UInt32(text.utf8.count)) + Array(text.utf8)
  }

  static func global(_ module: String, _ name: String) -> [UInt8] {
    Array("c\(module)\n\(name)\n".utf8)
  }

  static func integer(_ value: Int) -> [UInt8] { [0x8A, 8] + littleEndian(value) }

  static func tuple(_ values: [[UInt8]]) -> [UInt8] {
    Array("(".utf8) + values.joined() + Array("t".utf8)
  }

  static func integers(_ values: [Int]) -> [UInt8] { tuple(values.map(integer)) }

  /// A view of the storage `0`, which has 6 floats.
  static func tensor(
    shape: [Int], strides: [Int], offset: Int = 0, storage count: Int = 6, key: String = "0"
  ) -> [UInt8] {
    let identifier =
      tuple([
        text("storage"), global("torch", "FloatStorage"), text(key), text("cpu"), integer(count),
      ]) + Array("Q".utf8)
    let arguments = [identifier, integer(offset), integers(shape), integers(strides), [0x89]]
    return global("torch._utils", "_rebuild_tensor_v2")
      + tuple(arguments + [global("collections", "OrderedDict") + Array(")R".utf8)])
      + Array("R".utf8)
  }

  /// A dictionary with these values.
  static func dictionary(_ pairs: [(String, [UInt8])]) -> [UInt8] {
    Array("}(".utf8) + pairs.flatMap { text($0.0) + $0.1 } + Array("u".utf8)
  }

  static func whole(_ body: [UInt8]) -> [UInt8] { [0x80, 2] + body + Array(".".utf8) }
}
