import ArgumentParser

/// `routemark baseline`: the methods that routing fingerprints are compared with.
struct BaselineCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "baseline",
    abstract: "Compare two models by their weights or hidden states: PCS, ICS, REEF.",
    discussion: """
      EXAMPLE
        routemark baseline pcs --victim victim --suspect suspect
        routemark baseline ics --victim victim --suspect suspect --level expert
        routemark baseline reef --victim victim --suspect suspect --suite suite.json

      Methods of the same name differ between publications, so every result carries its definition.
      """,
    subcommands: [PCSCommand.self, ICSCommand.self, REEFCommand.self])
}
