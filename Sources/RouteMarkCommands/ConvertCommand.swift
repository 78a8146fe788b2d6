import ArgumentParser
import Examinations

/// `routemark convert`: write a model of another form as a Hugging Face folder.
struct ConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Write a PyTorch, open_clip or LoRA checkpoint as a Hugging Face folder.",
    discussion: """
      EXAMPLE
        routemark convert epoch_9.pt --base zoo/base -o zoo/mine

      SOURCE is a file of weights (`.bin`, `.pt`, `.pth`, `.ckpt`, `.safetensors`), a folder with \
      one, or the folder of a LoRA adapter (peft), which is merged into --base. Files of PyTorch are \
      read without executing anything. The vision tower is found whatever stands before its names, \
      and only the tower is written. conversion.json names the source by its SHA-256.
      """)

  @Argument(help: ArgumentHelp("The file or folder to convert.", valueName: "source"))
  var source: String

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The model that it was trained from: an adapter needs it, others take configuration and "
        + "preprocessing from it where they have none.", valueName: "dir"))
  var base: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The activation of the MLPs, where no configuration states it: quick_gelu (OpenAI) or gelu.",
      valueName: "name"))
  var activation: String?

  @Option(name: .shortAndLong, help: ArgumentHelp("The folder to write.", valueName: "dir"))
  var output: String

  @OptionGroup var outputs: OutputOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
    let made = try ConversionRequest(
      source: source, base: base, activation: activation, output: outputs.place(output)
    ).run(common.examiner)
    let console = Console.current
    console.note("source: \(made.kind)")
    for note in made.notes { console.note("note: \(note)") }
    try made.model.print(common)
  }
}
