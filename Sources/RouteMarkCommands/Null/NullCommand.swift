import ArgumentParser

/// `routemark null`: pools of experts that nobody has copied.
struct NullCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "null",
    abstract: "Make a pool of independently trained experts: what innocent work looks like.",
    discussion: """
      EXAMPLE
        routemark null train --base zoo/base --data scene15=data/scene15/train.tar \\
          --head zoo/heads.safetensors --count 8 -o nulls
        routemark null merge --pool nulls --base zoo/base --suite suite.json \\
          --data scene15=data/scene15/train.tar --head zoo/heads.safetensors

      Experts of the same task resemble each other although nobody copied anything. A pool says how \
      much, so that `attribute --nulls nulls` can tell reuse from independent work.
      """,
    subcommands: [NullTrainCommand.self, NullImportCommand.self, NullMergeCommand.self])
}
