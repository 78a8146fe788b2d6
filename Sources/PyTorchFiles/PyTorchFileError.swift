import Diagnostics

/// Why a file that PyTorch has written is not read: one case per rule.
public enum PyTorchFileError: DiagnosableError, Equatable {
  // The archive
  /// The zip archive is cut or its directory contradicts itself.
  case malformedArchive(file: String, expected: String, actual: String)
  /// An entry is compressed, encrypted or has a name that walks out of the archive.
  case unsupportedEntry(file: String, entry: String, reason: String)
  /// An entry that every archive of PyTorch has is not there.
  case missingEntry(file: String, entry: String)
  /// The file is of a kind that is known and not read, such as the tar form of 2016.
  case unsupportedKind(file: String, kind: String)

  // The pickle
  /// The pickle breaks a rule of its own format.
  case malformedPickle(file: String, offset: Int, expected: String, actual: String)
  /// The pickle has an instruction that no file of tensors needs.
  case unsupportedInstruction(file: String, offset: Int, code: UInt8)
  /// The pickle names a function or class that is not a tensor's.
  case forbiddenGlobal(file: String, offset: Int, name: String)
  /// The pickle is larger, deeper or shares more than any file of tensors does.
  case limitExceeded(file: String, offset: Int, subject: String, limit: Int)

  // The tensors
  /// A tensor's data lies outside of its storage, or its shape and strides contradict each other.
  case malformedTensor(file: String, tensor: String, expected: String, actual: String)
  /// Two tensors have one name once the dictionaries around them are resolved.
  case duplicateTensor(file: String, tensor: String)
  /// The file has no named tensor.
  case noTensors(file: String)

  /// The stable identifier.
  public var code: String {
    switch self {
    case .malformedArchive: "pytorch.malformed-archive"
    case .unsupportedEntry: "pytorch.unsupported-entry"
    case .missingEntry: "pytorch.missing-entry"
    case .unsupportedKind: "pytorch.unsupported-kind"
    case .malformedPickle: "pytorch.malformed-pickle"
    case .unsupportedInstruction: "pytorch.unsupported-instruction"
    case .forbiddenGlobal: "pytorch.forbidden-global"
    case .limitExceeded: "pytorch.limit-exceeded"
    case .malformedTensor: "pytorch.malformed-tensor"
    case .duplicateTensor: "pytorch.duplicate-tensor"
    case .noTensors: "pytorch.no-tensors"
    }
  }

  /// What is wrong, with the values.
  public var what: String {
    switch self {
    case .malformedArchive(_, let expected, let actual):
      "the zip archive is malformed: expected \(expected), found \(actual)"
    case .unsupportedEntry(_, _, let reason): "the entry is \(reason), which PyTorch never writes"
    case .missingEntry(_, let entry): "the archive has no entry `\(entry)`"
    case .unsupportedKind(_, let kind): "the file is \(kind), which is not read"
    case .malformedPickle(_, _, let expected, let actual):
      "the pickle is malformed: expected \(expected), found \(actual)"
    case .unsupportedInstruction(_, _, let code):
      "the pickle has the instruction 0x\(String(code, radix: 16)), which no file of tensors needs"
    case .forbiddenGlobal(_, _, let name):
      "the pickle asks for `\(name)`; only tensors, dictionaries, lists and numbers are read, "
        + "and nothing is executed"
    case .limitExceeded(_, _, let subject, let limit):
      "the pickle has more than \(limit) \(subject)"
    case .malformedTensor(_, _, let expected, let actual):
      "the tensor is malformed: expected \(expected), found \(actual)"
    case .duplicateTensor: "two tensors of the file have this name"
    case .noTensors: "the file has no tensor in a dictionary"
    }
  }

  /// The file, and the entry, tensor or byte of the pickle.
  public var location: String? {
    switch self {
    case .malformedArchive(let file, _, _), .missingEntry(let file, _),
      .unsupportedKind(let file, _), .noTensors(let file):
      file
    case .unsupportedEntry(let file, let entry, _): "\(file), entry `\(entry)`"
    case .malformedPickle(let file, let offset, _, _),
      .unsupportedInstruction(let file, let offset, _), .forbiddenGlobal(let file, let offset, _),
      .limitExceeded(let file, let offset, _, _):
      "\(file), byte \(offset) of its pickle"
    case .malformedTensor(let file, let tensor, _, _), .duplicateTensor(let file, let tensor):
      "\(file), tensor `\(tensor)`"
    }
  }

  /// How to fix it.
  public var hints: [String] {
    switch self {
    case .malformedArchive, .missingEntry:
      ["check that `torch.save` has written this file and that its download is complete"]
    case .unsupportedEntry: ["save the file again with `torch.save`"]
    case .unsupportedKind:
      [
        "load it with PyTorch (a TorchScript program with `torch.jit.load`) on a little-endian machine "
          + "and save its weights: `torch.save(model.state_dict(), path)`"
      ]
    case .malformedPickle, .unsupportedInstruction, .malformedTensor:
      ["save the weights again: `torch.save(model.state_dict(), path)`"]
    case .forbiddenGlobal:
      [
        "where you trust the file, load it in Python and save its weights alone: "
          + "`torch.save(model.state_dict(), path)`, or save them with safetensors"
      ]
    case .limitExceeded: ["save the weights alone, in several files if there are very many"]
    case .duplicateTensor: ["give every tensor its own name and save the file again"]
    case .noTensors: ["save a dictionary of tensors: `torch.save(model.state_dict(), path)`"]
    }
  }
}
