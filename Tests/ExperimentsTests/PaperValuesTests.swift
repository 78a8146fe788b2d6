import Experiments
import Reports
import Testing

/// The paper's numbers are found under the names of the plan.
@Suite struct PaperValuesTests {
  @Test func everySuspectOfTableTwoHasSixNumbers() {
    for name in StudyPlan.real.figures.parametric {
      let values = StudyMethod.allCases.compactMap { PaperValues.parametric(name, $0) }
      #expect(values.count == 6, "\(name)")
    }
    #expect(PaperValues.parametric("permuted", .modelICS)?.value == 0.574)
    #expect(PaperValues.parametric("int8", .reef) == nil)
  }

  @Test func everyMatrixButTheVictimsOwnHasAMean() {
    let names = StudyPlan.real.figures.matrices
    #expect(names.filter { PaperValues.matrixMeans[$0] == nil } == ["victim"])
  }

  @Test func boundsOfTheTextAreBounds() {
    #expect(PaperValues.structural("deleted-3", .modelPCS)?.text == "below 0.30")
    #expect(PaperValues.structural("added-3", .routeMark)?.text == "about 0.95")
    #expect(PaperValues.structural("added-2", .routeMark)?.text == "0.942")
    #expect(PaperValues.structural("int8", .routeMark) == nil)
    #expect(PaperValues.pruning(0.5, .reef)?.text == "about 0.40")
    #expect(PaperValues.pruning(0.1, .reef) == nil)
    #expect(PaperValues.sampleSizes.text == "above 0.94")
  }
}
