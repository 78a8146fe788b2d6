import Crypto
import Foundation
import Reports
import Testing

@Suite struct StyleSheetTests {
  @Test(arguments: [PageSheet.standard, .charts])
  func theDigestInThePolicyIsThatOfTheStyleSheet(_ sheet: PageSheet) {
    let digest = Data(SHA256.hash(data: Data(sheet.text.utf8))).base64EncodedString()
    #expect(sheet.digest == digest)
  }

  @Test(arguments: [PageSheet.standard, .charts])
  func theStyleSheetNeedsNoEscaping(_ sheet: PageSheet) {
    #expect(!sheet.text.contains { "<>&".contains($0) })
  }
}
