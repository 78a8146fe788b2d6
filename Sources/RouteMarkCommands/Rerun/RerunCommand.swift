import ArgumentParser

/// `routemark rerun`: an expert's own training, with other seeds.
struct RerunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rerun",
    abstract:
      "Train an expert's recipe again with fresh seeds: what its owner's dice could have given.",
    discussion: """
      EXAMPLE
        routemark rerun train --like my-scene15 --base zoo/base --data scene15=data/scene15/train.tar \\
          --head zoo/heads.safetensors --count 19 -o reruns
        routemark residual --victim my-scene15 --task scene15 --suspect theirs=downloads/scene15 \\
          --reruns reruns --base zoo/base --suite suite.json

      A suspect that owes nothing to the victim's training is as close to any re-run as to the victim, \
      whoever made it, from whatever data, for however long. So the victim's rank among its re-runs is \
      an exact p-value: 19 re-runs reach 5 %, 99 reach 1 %, and the ranks of several experts multiply.
      """,
    subcommands: [RerunTrainCommand.self, RerunImportCommand.self])
}
