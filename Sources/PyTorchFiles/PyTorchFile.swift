import Diagnostics

/// The tensors of a file that `torch.save` has written: a zip archive with a pickle and, beside it,
/// the bytes of every storage.
///
/// Dictionaries and lists around tensors become parts of their names, joined by dots:
/// `{"state_dict": {"fc.weight": tensor}}` has the tensor `state_dict.fc.weight`. Everything else
/// that a training checkpoint holds (numbers, texts, metadata) is passed over.
public struct PyTorchFile: Sendable {
  /// A tensor's place in the file.
  public struct Tensor: Sendable, Hashable {
    /// The type of its elements, stored little-endian.
    public let elementType: PyTorchElementType
    /// The dimensions, outermost first.
    public let shape: [Int]
    /// The bytes in the file from its first element to the end of its last.
    public let range: Range<Int>
    /// For each dimension, how many elements lie between neighbours; `nil` in row-major order.
    public let strides: [Int]?
  }

  /// All tensors by name.
  public let tensors: [String: Tensor]

  /// How many times the file's length all tensors together may have; tensors may share storage.
  private static let sharingLimit = 8
  private static let depthLimit = 64
  static let script = "a TorchScript program"

  /// Whether these are the bytes of a file of PyTorch, of a kind that is read or refused by name.
  public static func recognizes(_ bytes: UnsafeRawBufferPointer) -> Bool {
    ZipArchive.recognizes(bytes) || unsupportedKind(of: bytes) != nil
  }

  /// Reads the table of tensors of a whole file; data stays where it is.
  ///
  /// - Throws: ``PyTorchFileError``.
  public init(file: String, bytes: UnsafeRawBufferPointer) throws(PyTorchFileError) {
    if let kind = Self.unsupportedKind(of: bytes) {
      throw .unsupportedKind(file: file, kind: kind)
    }
    let archive = try ZipArchive(file: file, bytes: bytes)
    let root = try Self.root(of: archive, file: file)
    if archive.entries.keys.contains(where: { $0.hasPrefix("\(root)/code/") }) {
      throw .unsupportedKind(
        file: file, kind: Self.script)
    }
    if let order = archive.entries["\(root)/byteorder"],
      !bytes[order].elementsEqual("little".utf8)
    {
      throw .unsupportedKind(
        file: file, kind: "written on a big-endian machine")
    }
    guard let pickle = archive.entries["\(root)/data.pkl"] else {
      throw .missingEntry(file: file, entry: "\(root)/data.pkl")
    }
    var machine = PickleMachine(file: file, bytes: UnsafeRawBufferPointer(rebasing: bytes[pickle]))
    let value = try machine.run()
    var names = TensorNames(machine: machine, depthLimit: Self.depthLimit)
    try names.visit(value)
    guard !names.tensors.isEmpty else { throw .noTensors(file: file) }
    tensors = try Self.place(
      names.tensors, machine, archive, root: root, file: file, length: bytes.count)
  }

  /// The folder that all entries of the archive lie in, named after the file when it was saved.
  private static func root(
    of archive: ZipArchive, file: String
  ) throws(PyTorchFileError) -> String {
    let roots = archive.entries.keys.filter {
      $0.hasSuffix("/data.pkl") && $0.utf8.count(where: { $0 == UInt8(ascii: "/") }) == 1
    }
    guard let entry = roots.first, roots.count == 1 else {
      throw .missingEntry(file: file, entry: "data.pkl")
    }
    return String(entry.dropLast("/data.pkl".count))
  }

  /// Finds the bytes of every tensor.
  private static func place(
    _ named: [(name: String, tensor: PickleTensor)], _ machine: PickleMachine,
    _ archive: ZipArchive, root: String, file: String, length: Int
  ) throws(PyTorchFileError) -> [String: Tensor] {
    var tensors: [String: Tensor] = [:]
    tensors.reserveCapacity(named.count)
    var total = 0
    for (name, tensor) in named {
      guard let key = machine.text(tensor.storage.key),
        let storage = archive.entries["\(root)/data/\(key)"]
      else {
        throw .malformedTensor(
          file: file, tensor: name, expected: "an entry with its storage", actual: "none")
      }
      let placed = try place(tensor, name: name, in: storage, file: file)
      guard tensors.updateValue(placed, forKey: name) == nil else {
        throw .duplicateTensor(file: file, tensor: name)
      }
      total += placed.shape.reduce(placed.elementType.byteCount, *)
      guard total / sharingLimit <= length else {
        throw .malformedTensor(
          file: file, tensor: name,
          expected: "tensors of at most \(sharingLimit) times the file's \(length) bytes together",
          actual: "\(total) bytes up to this tensor")
      }
    }
    return tensors
  }

  /// Holds a view against its storage, in elements and without overflow.
  private static func place(
    _ tensor: PickleTensor, name: String, in storage: Range<Int>, file: String
  ) throws(PyTorchFileError) -> Tensor {
    func malformed(_ expected: String, _ actual: String) -> PyTorchFileError {
      .malformedTensor(file: file, tensor: name, expected: expected, actual: actual)
    }
    let size = tensor.elementType.byteCount
    // The pickle counts the elements of a storage of one type, and the bytes of one without a type.
    let unit = tensor.storage.elementType?.byteCount ?? 1
    guard storage.count.isMultiple(of: unit), storage.count / unit == tensor.storage.elementCount
    else {
      throw malformed(
        "a storage of \(tensor.storage.elementCount) times \(unit) bytes",
        "an entry of \(storage.count) bytes")
    }
    let room = storage.count / size
    var length = size
    var last = tensor.offset
    var overflows = tensor.offset < 0
    for (dimension, stride) in zip(tensor.shape, tensor.strides) {
      guard dimension >= 0, stride >= 0 else {
        throw malformed("shape and strides of zero or more", "\(tensor.shape), \(tensor.strides)")
      }
      let (product, tooMany) = length.multipliedReportingOverflow(by: dimension)
      let (distance, tooFar) = max(dimension - 1, 0).multipliedReportingOverflow(by: stride)
      let (sum, beyond) = last.addingReportingOverflow(distance)
      overflows = overflows || tooMany || tooFar || beyond
      (length, last) = (product, sum)
    }
    guard !overflows, length <= storage.count, length == 0 || last < room else {
      throw malformed(
        "a view within a storage of \(room) elements",
        "offset \(tensor.offset), shape \(tensor.shape), strides \(tensor.strides)")
    }
    guard length > 0 else {
      return Tensor(
        elementType: tensor.elementType, shape: tensor.shape,
        range: storage.lowerBound..<storage.lowerBound, strides: nil)
    }
    let start = storage.lowerBound + tensor.offset * size
    return Tensor(
      elementType: tensor.elementType, shape: tensor.shape,
      range: start..<(storage.lowerBound + (last + 1) * size),
      strides: isRowMajor(tensor) ? nil : tensor.strides)
  }

  private static func isRowMajor(_ tensor: PickleTensor) -> Bool {
    var expected = 1
    for (dimension, stride) in zip(tensor.shape, tensor.strides).reversed() where dimension != 1 {
      guard stride == expected else { return false }
      expected *= dimension
    }
    return true
  }

  /// Kinds that are told apart by their first bytes and refused by name.
  private static func unsupportedKind(of bytes: UnsafeRawBufferPointer) -> String? {
    let magic: [UInt8] = [0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]
    if bytes.count > 262, bytes[257..<262].elementsEqual("ustar".utf8) {
      return "a tar archive, as PyTorch wrote until 2016"
    }
    guard bytes.count > 14, bytes[0] == 0x80, bytes[1] <= 5 else { return nil }
    if bytes[2..<14].elementsEqual(magic) {
      return "a sequence of pickles, as PyTorch wrote before version 1.6"
    }
    // A safetensors file has the JSON object of its header here.
    return bytes[8] == UInt8(ascii: "{") ? nil : "a pickle without the archive around it"
  }
}
