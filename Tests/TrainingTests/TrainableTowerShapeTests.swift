import ModelFamilies
import RoutedModels
import Testing
import Training
import VisionTransformers

@Suite struct TrainableTowerShapeTests {
  @Test func theDefaultConfigurationIsAViTB32() throws {
    let shape = try TrainableTowerShape(CLIPFamily.defaults, file: "config.json")
    #expect(shape.tokens == 50)
    #expect(shape.headWidth == 64)
    #expect(shape.layout.count == 87_849_216)
    #expect(shape.layout.entry("visual_projection.weight")?.shape == [512, 768])
  }

  @Test func imagesWithoutThreeChannelsAreRefused() {
    var configuration = CLIPFamily.defaults
    configuration.channelCount = 1
    #expect(
      throws: TrainingError.invalidShape(dimension: "num_channels", value: 1, requirement: "`3`")
    ) { try TrainableTowerShape(configuration, file: "config.json") }
  }
}
