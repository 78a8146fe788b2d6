import EmbeddedWorld
import Probes
import Tensors
import Testing

/// Procedural tasks: pictures that are repeatable and whose classes can be told apart.
struct ProceduralTaskTests {
  @Test(arguments: ProceduralTask.allCases)
  func equalSeedsDrawEqualPictures(_ task: ProceduralTask) {
    for label in 0..<task.classCount {
      var (one, two) = (SeededGenerator(seed: 4), SeededGenerator(seed: 4))
      #expect(task.image(of: label, &one) == task.image(of: label, &two))
    }
  }

  @Test(arguments: ProceduralTask.allCases)
  func pictureOfAClassVary(_ task: ProceduralTask) {
    var generator = SeededGenerator(seed: 4)
    let first = task.image(of: 0, &generator)
    #expect(first.width == 32 && first.height == 32)
    #expect(task.image(of: 0, &generator) != first)
  }

  @Test(arguments: ProceduralTask.allCases)
  func aPictureSurvivesItsPNG(_ task: ProceduralTask) throws {
    var generator = SeededGenerator(seed: 7)
    let image = task.image(of: task.classCount - 1, &generator)
    let bytes = try image.png(name: "test")
    let decoded = try bytes.withUnsafeBytes { try ImageDecoder.decode($0, name: "test") }
    #expect(decoded == image)
  }
}
