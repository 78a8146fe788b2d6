import Checkpoints
import Diagnostics

/// The table of tensors of a checkpoint whose architecture is not known.
struct CheckpointInspection: Encodable {
  struct Tensor: Encodable {
    let name: String
    let type: String
    let shape: [Int]
  }

  let schema = "routemark.checkpoint-inspection/1"
  let path: String
  let tensors: [Tensor]
  let parameterCount: Int
  let metadata: [String: String]
  let digest: Digest

  init(_ checkpoint: Checkpoint) throws {
    path = checkpoint.path
    let descriptors = checkpoint.tensorNames.compactMap { checkpoint.descriptor(of: $0) }
    tensors = descriptors.map {
      Tensor(name: $0.name, type: $0.elementType.rawValue, shape: $0.shape)
    }
    parameterCount = descriptors.reduce(0) { $0 + $1.elementCount }
    metadata = checkpoint.metadata
    digest = try checkpoint.digest()
  }

  func print(_ options: CommonOptions) throws {
    if options.json { return try JSONOutput.print(self) }
    let console = Console.current
    console.line("checkpoint of unknown architecture  \(path)")
    console.line("digest       \(digest)")
    console.line("parameters   \(parameterCount) in \(tensors.count) tensors")
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
      console.line("metadata     \(key): \(value.prefix(80))")
    }
    for tensor in tensors { console.line("  \(tensor.type)  \(tensor.shape)  \(tensor.name)") }
  }
}
