/// Walks through what a pickle left behind and names its tensors.
///
/// Values may be shared and may contain themselves, so depth, visits and the length of all names are
/// bounded: the two last by the pickle's own size.
struct TensorNames {
  private(set) var tensors: [(name: String, tensor: PickleTensor)] = []
  private let machine: PickleMachine
  private let depthLimit: Int
  private var visits = 0
  private var nameBytes = 0
  private let visitLimit: Int
  private let nameLimit: Int

  init(machine: PickleMachine, depthLimit: Int) {
    self.machine = machine
    self.depthLimit = depthLimit
    visitLimit = 1024 + 2 * machine.bytes.count
    nameLimit = 4096 + 2 * machine.bytes.count
  }

  /// Names the tensors under a value; `name` is `nil` below a key that is neither text nor a number.
  mutating func visit(
    _ value: PickleValue, name: String? = "", depth: Int = 0
  ) throws(PyTorchFileError) {
    guard case .node(let index) = value else { return }
    guard depth <= depthLimit else { throw limit("levels of dictionaries", depthLimit) }
    try count(1)
    switch machine.nodes[Int(index)] {
    case .tensor(let tensor):
      guard let name, !name.isEmpty else { throw machine.malformed("a tensor with a name", "none") }
      guard tensors.count < PickleMachine.nodeLimit else {
        throw limit("tensors", PickleMachine.nodeLimit)
      }
      tensors.append((name, tensor))
    case .dictionary(let pairs):
      try count(pairs.count)
      for index in stride(from: 0, to: pairs.count, by: 2) where isNode(pairs[index + 1]) {
        let inner = key(pairs[index]).flatMap { joined(name, $0) }
        try visit(pairs[index + 1], name: inner, depth: depth + 1)
      }
    case .list(let values), .tuple(let values):
      try count(values.count)
      for (index, value) in values.enumerated() where isNode(value) {
        try visit(value, name: joined(name, "\(index)"), depth: depth + 1)
      }
    case .storage: break
    }
  }

  private func isNode(_ value: PickleValue) -> Bool {
    if case .node = value { true } else { false }
  }

  private func key(_ value: PickleValue) -> String? {
    if case .integer(let number) = value { return "\(number)" }
    return machine.text(value)
  }

  private mutating func joined(_ prefix: String?, _ key: String) -> String? {
    guard let prefix else { return nil }
    nameBytes += prefix.utf8.count + key.utf8.count
    return prefix.isEmpty ? key : "\(prefix).\(key)"
  }

  private mutating func count(_ number: Int) throws(PyTorchFileError) {
    visits += number
    guard visits <= visitLimit else { throw limit("values that are looked at", visitLimit) }
    guard nameBytes <= nameLimit else { throw limit("bytes in names of tensors", nameLimit) }
  }

  private func limit(_ subject: String, _ limit: Int) -> PyTorchFileError {
    .limitExceeded(file: machine.file, offset: machine.bytes.count, subject: subject, limit: limit)
  }
}
