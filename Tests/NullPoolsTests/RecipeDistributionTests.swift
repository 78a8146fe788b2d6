import Foundation
import NullPools
import Testing

@Suite struct RecipeDistributionTests {
  @Test func aRecipeIsAFunctionOfSeedTaskAndIndex() throws {
    let distribution = try RecipeDistribution()
    let recipe = distribution.recipe(seed: 3, task: 1, index: 2)
    #expect(recipe == distribution.recipe(seed: 3, task: 1, index: 2))
    #expect(recipe != distribution.recipe(seed: 4, task: 1, index: 2))
    #expect(recipe != distribution.recipe(seed: 3, task: 2, index: 1))
  }

  @Test func recipesKeepToTheDistribution() throws {
    let distribution = try RecipeDistribution()
    let recipes = (0..<5).flatMap { task in
      (0..<200).map { distribution.recipe(seed: 0, task: task, index: $0) }
    }
    #expect(recipes.allSatisfy { (1.5e-4...6e-4).contains($0.learningRate) })
    #expect(recipes.allSatisfy { $0.steps == 6400 / $0.batch })
    #expect(recipes.allSatisfy { $0.warmupSteps == $0.steps / 10 })
    #expect(recipes.allSatisfy { $0.weightDecay == 0.01 && $0.labelSmoothing == 0 })
    #expect(Set(recipes.map(\.seed)).count == recipes.count)
    for batch in [16, 32, 64] {
      let share = Double(recipes.filter { $0.batch == batch }.count) / Double(recipes.count)
      // Five standard deviations of a share of 1/3 among 1,000.
      #expect(abs(share - 1 / 3.0) < 0.075)
    }
    // Log-uniform: half of the rates lie below the geometric mean of the bounds.
    let below = recipes.filter { $0.learningRate < 3e-4 }.count
    #expect(abs(Double(below) / Double(recipes.count) - 0.5) < 0.08)
  }

  @Test func warmupIsATenthOfTheSteps() throws {
    let distribution = try RecipeDistribution(batches: [24], images: 480)
    let recipe = distribution.recipe(seed: 0, task: 0, index: 0)
    #expect(recipe.steps == 20)
    #expect(recipe.warmupSteps == 2)
  }

  private struct BadValue: Sendable, CustomTestStringConvertible {
    let name: String
    let make: @Sendable () throws -> RecipeDistribution
    var testDescription: String { name }
  }

  private static let badValues = [
    BadValue(name: "learning rates") { try RecipeDistribution(lowestRate: 0) },
    BadValue(name: "learning rates") {
      try RecipeDistribution(lowestRate: 1e-3, highestRate: 1e-4)
    },
    BadValue(name: "batches") { try RecipeDistribution(batches: []) },
    BadValue(name: "batches") { try RecipeDistribution(batches: [0]) },
    BadValue(name: "images") { try RecipeDistribution(batches: [64], images: 63) },
    BadValue(name: "weight decay") { try RecipeDistribution(weightDecay: -1) },
    BadValue(name: "label smoothing") { try RecipeDistribution(labelSmoothing: 1) },
  ]

  @Test(arguments: badValues)
  private func badValuesAreRefused(bad: BadValue) {
    let error = #expect(throws: NullPoolError.self) { try bad.make() }
    guard case .invalidDistribution(let actual, _, _) = error else {
      Issue.record("another error: \(String(describing: error))")
      return
    }
    #expect(actual == bad.name)
  }
}
