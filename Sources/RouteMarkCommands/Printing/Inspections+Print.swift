import Attribution
import Diagnostics
import Examinations
import ModelMerging
import Probes
import RoutingFingerprints
import SlotAttribution
import Tensors
import VisionTransformers

/// What `inspect` prints, and commands that end with a look at what they have written.

extension Inspection {
  func print(_ options: CommonOptions) throws {
    switch self {
    case .model(let found): try found.print(options)
    case .checkpoint(let found): try found.print(options)
    case .trace(let found): try found.print(options)
    case .fingerprint(let found): try found.print(options)
    case .sites(let found): try found.print(options)
    case .siteCase(let found): try found.print(options)
    case .suite(let found): try found.print(options)
    case .attribution(let found): try found.print(options)
    case .mixture(let found): try found.print(options)
    case .slots(let path, let found): try found.print(options, path: path)
    case .document(let found): try found.print(options)
    case .machine(let found): try found.print(options)
    }
  }
}

extension ModelInspection {
  func print(_ options: CommonOptions) throws {
    if options.json { return try JSONOutput.print(self) }
    let console = Console.current
    console.line("\(kind)  \(path)")
    console.line("digest       \(digest)")
    console.line(
      "tower        \(architecture.hiddenLayerCount) layers, width \(architecture.hiddenSize), "
        + "MLP \(architecture.intermediateSize), \(architecture.attentionHeadCount) heads, "
        + "\(architecture.imageSize) px in patches of \(architecture.patchSize), "
        + architecture.hiddenActivation)
    if let mixture {
      console.line(
        "experts      \(mixture.experts.count): \(mixture.experts.joined(separator: ", "))")
      console.line(
        "routing      \(mixture.routing.rawValue), gates of depth \(mixture.gateDepth), "
          + "scaling \(mixture.scalingCoefficient)")
    }
    let types = elementTypes.sorted { $0.key < $1.key }.map { "\($0.value) of \($0.key)" }
    console.line("tensors      \(types.joined(separator: ", "))")
    console.line("parameters   \(parameterCount)")
    CheckpointInspection.noteUnlisted(unlistedTensors, console)
    if let recipe = mixture?.recipe {
      console.line("  base       \(recipe.base.sha256.abbreviated)  \(recipe.base.path)")
      for (name, part) in zip(mixture?.experts ?? [], recipe.experts) {
        console.line("  \(name)  \(part.sha256.abbreviated)  \(part.path)")
      }
      console.line("  gates      \(recipe.gates.sha256.abbreviated)  \(recipe.gates.path)")
    }
  }
}

extension CheckpointInspection {
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
    Self.noteUnlisted(unlistedTensors, console)
  }

  /// Says that the files have more tensors than the model.
  static func noteUnlisted(_ tensors: [String], _ console: Console) {
    guard let first = tensors.first else { return }
    console.note(
      "note: the index does not list \(tensors.count) of the stored tensors, such as `\(first)`; "
        + "they are no part of the model")
  }
}

extension TraceInspection {
  func print(_ options: CommonOptions) throws {
    if options.json { return try JSONOutput.print(self) }
    let console = Console.current
    console.line("routing trace  \(path)")
    console.line("samples      \(sampleCount), from row \(firstSample) of the suite")
    if precision != .f32 { console.line("precision    \(precision.rawValue)") }
    description.print()
  }
}

extension TraceDescription {
  /// Writes the lines that traces and fingerprints share.
  func print() {
    let console = Console.current
    console.line("tasks        \(tasks.count): \(tasks.joined(separator: ", "))")
    console.line("experts      \(experts.count): \(experts.joined(separator: ", "))")
    console.line("layers       \(layerCount)")
    console.line("signal       \(signal.rawValue)")
    console.line("suite        \(suiteDigest)")
    console.line("model        \(modelDigest.map { "\($0)" } ?? "not recorded")")
    console.line("written by   \(toolVersion)")
  }
}

extension FingerprintInspection {
  func print(_ options: CommonOptions) throws {
    if options.json { return try JSONOutput.print(self) }
    let console = Console.current
    console.line("fingerprint  \(path)")
    let counts = zip(description.tasks, counts).map { "\($0) \($1)" }.joined(separator: ", ")
    console.line("samples      \(counts)")
    description.print()
    console.line(
      "options      preference \(self.options.rpfMode.rawValue), logarithm \(self.options.jsdBase.rawValue)"
    )
  }
}

extension CaseInspection {
  func print(_ options: CommonOptions) throws {
    if options.json { return try JSONOutput.print(self) }
    let console = Console.current
    console.line("case         \(path)")
    console.line("victim       \(provenance.victim.label)")
    console.line("suspect      \(provenance.suspect.label)")
    console.line("digest       \(digest)")
    console.line("verdict      \(verdict)")
    console.line("finding      \(statement)")
    console.line(
      follows
        ? "checked      its numbers follow from what it holds; its author states the rest"
        : "checked      IT CONTRADICTS ITSELF: its numbers do not follow from what it holds")
    for note in notes { console.line("note         \(note)") }
    console.line("written by   \(provenance.toolVersion)")
    console.line("command      \(provenance.commandLine)")
    console.line("check it     routemark verify \(ShellWord.quoted(path))")
  }
}

extension DocumentInspection {
  func print(_ options: CommonOptions) throws {
    if options.json { return try JSONOutput.print(self) }
    let console = Console.current
    console.line("\(documentSchema)  \(path)")
    console.line("digest       \(digest)")
    for entry in entries where entry.key != "schema" {
      console.line("\(entry.key)  \(entry.value)")
    }
  }
}

extension MachineInspection {
  func print(_ options: CommonOptions) throws {
    if options.json { return try JSONOutput.print(self) }
    let console = Console.current
    console.line("instructions \(instructionSets.joined(separator: ", "))")
    console.line("kernels      \(kernels)")
    console.line("threads      \(threads)")
    console.line("BLAS         none: products run on the program's own kernels")
    console.line("peak         \(Int(peak.rounded())) GFLOP/s on one thread, measured now")
  }
}

extension SuiteSummary {
  func print(_ options: CommonOptions, heading: String? = nil) throws {
    if options.json { return try JSONOutput.print(self) }
    let console = Console.current
    console.line("probe suite  \(path)")
    if let heading { console.line(heading) }
    console.line("digest       \(digest)")
    console.line(
      "\(kind == .text ? "texts " : "images")       \(sampleCount), tasks \(tasks.count)")
    for task in tasks {
      let rule =
        switch task.selection {
        case .first: "first rows"
        case .sample(let seed): "sampled with seed \(seed)"
        }
      console.line("  \(task.name)  \(task.count), \(rule)  \(task.path)")
    }
  }
}
