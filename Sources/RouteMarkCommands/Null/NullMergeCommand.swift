import ArgumentParser
import Examinations
import NullPools

/// `routemark null merge`: mixtures of a pool's experts, with routers of their own.
struct NullMergeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Merge a pool's experts, adapt the routers, and capture fingerprints over a suite.",
    discussion: """
      EXAMPLE
        routemark null merge --pool nulls --base zoo/base --suite suite.json \\
          --data scene15=data/scene15/train.tar --data cars=data/cars/train.tar \\
          --head zoo/heads.safetensors

      Merge k is made of the k-th expert of every task, with softmax routing. Run the same command \
      again after it was stopped: finished merges stay.
      """)

  @Option(name: .long, help: ArgumentHelp("The pool.", valueName: "dir"))
  var pool: String

  @Option(name: .long, help: ArgumentHelp("The pool's base model.", valueName: "dir"))
  var base: String

  @Option(
    name: .long, help: ArgumentHelp("The probe suite of the fingerprints.", valueName: "file"))
  var suite: String

  @Option(
    name: .long,
    help: ArgumentHelp("A task's name and images; labels are not read.", valueName: "name=path"))
  var data: [NamedPath] = []

  @Option(name: .long, help: ArgumentHelp("Zero-shot heads by task.", valueName: "file"))
  var head: String

  @Option(name: .long, help: ArgumentHelp("Optimiser steps of each router.", valueName: "n"))
  var steps = 200

  @Option(name: .long, help: ArgumentHelp("The learning rate.", valueName: "number"))
  var lr = 1e-3

  @Option(name: .long, help: ArgumentHelp("Images of each task in a batch.", valueName: "n"))
  var batch = 16

  @Option(name: .long, help: ArgumentHelp("Merges (default: as many as experts).", valueName: "n"))
  var count: Int?

  @Option(name: .long, help: ArgumentHelp("Threads; results do not depend on it.", valueName: "n"))
  var threads: Int?

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if data.isEmpty { throw ValidationError("Name every task of the pool with --data NAME=PATH.") }
    for (name, value) in [("--count", count), ("--threads", threads)] {
      if let value, !(1...1024).contains(value) {
        throw ValidationError("\(name) is \(value), expected 1 to 1024.")
      }
    }
  }

  func run() throws {
    var request = NullMergingRequest(
      pool: pool, base: base, suite: suite, data: data, head: head,
      adaptation: NullMerges.Adaptation(steps: steps, learningRate: lr, batch: batch))
    request.count = count
    request.threads = threads
    try request.run(common.examiner).print(common)
    Console.current.note(
      "next: routemark attribute --victim mine --suspect theirs --nulls \(ShellWord.quoted(pool)) --base \(ShellWord.quoted(base)) "
        + "--suite \(suite)")
  }
}
