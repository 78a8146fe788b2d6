import Crypto
import Foundation
import Reports
import Testing

@Suite struct StyleSheetTests {
  @Test func theDigestInThePolicyIsThatOfTheStyleSheet() {
    let digest = Data(SHA256.hash(data: Data(StyleSheet.text.utf8))).base64EncodedString()
    #expect(StyleSheet.digest == digest)
  }

  @Test func theStyleSheetNeedsNoEscaping() {
    #expect(!StyleSheet.text.contains { "<>&".contains($0) })
  }
}
