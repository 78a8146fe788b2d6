/// The calls that a pickle may make; all of them make tensors and dictionaries.
extension PickleMachine {
  /// Runs a `REDUCE` instruction.
  mutating func call(
    _ function: PickleValue, _ arguments: PickleValue
  ) throws(PyTorchFileError) {
    guard case .global(let global) = function, let arguments = tuple(arguments) else {
      throw malformed("a call of a known function", "something else")
    }
    switch global {
    case .orderedDictionary:
      guard arguments.isEmpty else { throw malformed("an empty dictionary", "arguments") }
      try push(.dictionary([]))
    case .rebuildTensor: try pushTensor(arguments, expecting: 4, typed: nil)
    case .rebuildTensorV2: try pushTensor(arguments, expecting: 6, typed: nil)
    case .rebuildTensorV3:
      guard arguments.count >= 7, case .global(.elementType(let type)) = arguments[6] else {
        throw malformed("a tensor with its element type", "none")
      }
      try pushTensor(arguments, expecting: 7, typed: type)
    case .rebuildParameter:
      guard let data = arguments.first, case .node(let index) = data,
        case .tensor = nodes[Int(index)]
      else { throw malformed("a parameter's tensor", "something else") }
      push(data)
    case .size:
      guard let shape = arguments.first, tuple(shape) != nil else {
        throw malformed("the numbers of a shape", "something else")
      }
      push(shape)
    case .passedOver: push(.passedOver)
    case .storage, .elementType: throw malformed("a call of a function", "that of a class")
    }
  }

  /// Makes a storage of the tuple `('storage', type, key, device, element count)`.
  mutating func pushStorage(_ identifier: PickleValue) throws(PyTorchFileError) {
    guard let parts = tuple(identifier), parts.count >= 5, text(parts[0]) == "storage",
      case .global(.storage(let type)) = parts[1], case .text = parts[2],
      case .integer(let count) = parts[4], count >= 0
    else { throw malformed("the identifier of a storage", "something else") }
    try push(.storage(PickleStorage(key: parts[2], elementType: type, elementCount: count)))
  }

  private mutating func pushTensor(
    _ arguments: [PickleValue], expecting count: Int, typed type: PyTorchElementType?
  ) throws(PyTorchFileError) {
    guard arguments.count >= count, case .node(let index) = arguments[0],
      case .storage(let storage) = nodes[Int(index)], case .integer(let offset) = arguments[1],
      let shape = numbers(arguments[2]), let strides = numbers(arguments[3])
    else { throw malformed("storage, offset, shape and strides of a tensor", "something else") }
    guard let type = type ?? storage.elementType else {
      throw malformed("a tensor with an element type", "none")
    }
    guard shape.count <= Self.dimensionLimit, shape.count == strides.count else {
      throw malformed(
        "as many strides as dimensions, at most \(Self.dimensionLimit)",
        "\(strides.count) strides, \(shape.count) dimensions")
    }
    hold(2 * shape.count)
    try push(
      .tensor(
        PickleTensor(
          storage: storage, elementType: type, offset: offset, shape: shape, strides: strides)))
  }

  private func tuple(_ value: PickleValue) -> [PickleValue]? {
    guard case .node(let index) = value, case .tuple(let values) = nodes[Int(index)] else {
      return nil
    }
    return values
  }

  /// The whole numbers of a tuple, or `nil`.
  private func numbers(_ value: PickleValue) -> [Int]? {
    guard let values = tuple(value), values.count <= Self.dimensionLimit else { return nil }
    var numbers: [Int] = []
    for value in values {
      guard case .integer(let number) = value else { return nil }
      numbers.append(number)
    }
    return numbers
  }
}
