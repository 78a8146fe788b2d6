import Checkpoints
import Documents
import Files
import Foundation
import Testing

/// `routemark finetune --teacher`, on towers and on merged models.
@Suite struct TeacherTests {
  private func teacherWorld() throws -> TinyWorld {
    let world = try TinyWorld()
    try world.writeHeads()
    try world.expectDone(world.mergeArguments() + ["-o", world.path("merged")])
    return world
  }

  /// The arguments of a fine-tuning of a form of model.
  private func finetune(
    _ world: TinyWorld, _ form: String, to output: String, steps: Int = 5
  ) -> [String] {
    form == "tower"
      ? world.finetune(to: output, steps: steps)
      : world.finetuneMixture(to: output, steps: steps)
  }

  @Test(arguments: ["tower", "merged"])
  func anotherTeacherIsAnotherResultAndNoneIsThatOfLabels(form: String) throws {
    let world = try teacherWorld()
    defer { world.remove() }
    for (output, options) in [
      ("labels", []), ("stripes-taught", ["--teacher", world.path("stripes")]),
      ("again", ["--teacher", world.path("stripes"), "--threads", "3"]),
      ("merged-taught", ["--teacher", world.path("merged")]),
    ] {
      try world.expectDone(finetune(world, form, to: output) + options)
    }
    let weights = try ["labels", "stripes-taught", "merged-taught"].map {
      try world.bytes("\($0)/model.safetensors")
    }
    #expect(Set(weights).count == 3)
    #expect(try world.bytes("again/model.safetensors") == weights[1])
    let digest = try world.expectDone(["inspect", world.path("merged"), "--json"]).json()["digest"]
    #expect(try world.lastTraining("merged-taught")["teacher"] as? String == digest as? String)
    #expect(try world.lastTraining("labels")["teacher"] == nil)
  }

  /// Cross entropy against one's own answers is their entropy, and training cannot lower it.
  @Test(arguments: ["tower", "merged"])
  func oneselfTeachesNothingNew(form: String) throws {
    let world = try teacherWorld()
    defer { world.remove() }
    // A batch has all images, so that losses of different steps can be compared.
    let whole = ["--batch", "6", "--json"]
    let teacher = ["--teacher", world.path(form == "tower" ? "base" : "merged")]
    let own = try world.losses(
      world.expectDone(
        TinyWorld.changing(finetune(world, form, to: "own", steps: 30), by: whole + teacher)))
    let labelled = try world.losses(
      world.expectDone(
        TinyWorld.changing(finetune(world, form, to: "labels", steps: 30), by: whole)))
    #expect(own.first > 0 && own.first < labelled.first, "\(own), \(labelled)")
    #expect(own.tail > own.first - 1e-4, "\(own)")
    #expect(labelled.tail < labelled.first - 1e-2, "\(labelled)")
  }

  @Test func labelsAreNotReadWithATeacher() throws {
    let world = try teacherWorld()
    defer { world.remove() }
    let bare = world.path("bare")
    try FileManager.default.createDirectory(atPath: bare, withIntermediateDirectories: true)
    for index in 0..<6 {
      try FileManager.default.copyItem(
        atPath: world.path("images-stripes/class-\(index % 2)/\(index).png"),
        toPath: "\(bare)/\(index).png")
    }
    var arguments = world.finetune(to: "tuned", steps: 2)
    arguments[arguments.count - 1] = "stripes=\(bare)"
    let labelled = CommandRun(arguments)
    #expect(labelled.exitCode == 2 && labelled.talk.contains("has no label"), "\(labelled.talk)")
    let taught = arguments + ["--teacher", world.path("stripes")]
    let files = try world.files()
    let preview = try world.expectDone(taught + ["--dry-run", "--json"]).json()
    let digest = try world.expectDone(["inspect", world.path("stripes"), "--json"]).json()["digest"]
    #expect(preview["teacher"] as? String == digest as? String)
    #expect(try world.files() == files)
    try world.expectDone(taught)
  }

  @Test(arguments: ["tower", "merged"], [false, true])
  func aTeacherThatCannotAnswerIsRefusedBeforeAnythingIsWritten(
    form: String, dryRun: Bool
  ) throws {
    let world = try teacherWorld()
    defer { world.remove() }
    try writeWideTower("wide", in: world)
    try FileManager.default.createDirectory(
      atPath: world.path("empty"), withIntermediateDirectories: false)
    let files = try world.files()
    for (teacher, word) in [
      ("nowhere", "nowhere"), ("empty", "config.json"), ("images-dots", "config.json"),
      ("wide", "the teacher's features have 6 numbers"),
    ] {
      let run = CommandRun(
        finetune(world, form, to: "tuned") + ["--teacher", world.path(teacher)]
          + (dryRun ? ["--dry-run"] : []))
      #expect(run.exitCode == 2 && run.output.isEmpty, "\(teacher)")
      #expect(run.talk.contains("error: ") && run.talk.contains("hint: "), "\(run.talk)")
      #expect(run.talk.contains(word), "\(run.talk)")
    }
    #expect(try world.files() == files)
  }

  /// A tower with a projection of 6 numbers, which no head of the world fits.
  private func writeWideTower(_ name: String, in world: TinyWorld) throws {
    try world.writeTower(name, seed: 1, drift: 0)
    let source = try Checkpoint(path: world.path(name))
    let tensors = try source.tensorNames.map { tensor in
      let isProjection = tensor == "visual_projection.weight"
      let shape = isProjection ? [6, 8] : source.descriptor(of: tensor)?.shape ?? []
      let values =
        isProjection
        ? (0..<48).map { Float($0 % 7) } : try source.floats(tensor, shape: shape)
      return (TensorSpecification(name: tensor, elementType: .f32, shape: shape), values)
    }
    try writeSafetensors(
      path: world.path("\(name)/model.safetensors"), tensors: tensors, replacing: true)
    var keys = try StrictJSON.decode(
      [String: JSONValue].self, contentsOf: world.path("\(name)/config.json"))
    keys["projection_dim"] = .integer(6)
    try JSONValue.object(keys).write(to: world.path("\(name)/config.json"), replacing: true)
  }
}
