import Diagnostics
import Foundation
import OwnerFiles
import Testing

@Suite struct LossFileTests {
  private func losses(_ text: String, _ name: String = "losses.jsonl") throws -> [Double] {
    let pool = try SubsetCaseTests.subset(3).items
    let folder = try SubsetCaseTests.Folder()
    try Data(text.utf8).write(to: folder.url(name))
    return try LossFile.losses(at: folder.path(name), of: pool)
  }

  @Test func everyFormIsRead() throws {
    let digest = SubsetCaseTests.pool(3)[1].item
    // Labels of the pool are 0, 1, 2.
    let found = try losses(
      """
      {"item": 2, "probabilities": [0.1, 0.1, 0.5]}
      {"item": "\(digest)", "logprobs": [null, -1, -3]}

      {"item": 0, "loss": 0.25}
      """)
    #expect(found == [0.25, 2, -log(0.5)])
    let services = try losses(
      """
      {"item": 0, "logprobs": {"tokens": ["a", "b"], "token_logprobs": [null, -4.0]}}
      {"item": 1, "logprobs": {"content": [{"token": "a", "logprob": -1}, {"token": "b", "logprob": 0}]}}
      {"item": 2, "id": "cmpl-1", "model": "m", "choices": [{"text": "x", "logprobs": {"token_logprobs": [-2, -4]}}]}
      """)
    #expect(services == [4, 0.5, 3])
    let document = try losses(
      """
      {"schema": "routemark.losses/1",
       "losses": [{"item": 0, "loss": 1}, {"item": 1, "loss": 2}, {"item": 2, "loss": 3}]}
      """, "losses.json")
    #expect(document == [1, 2, 3])
    // What a service rounds to 0 stays finite.
    #expect(
      try losses(
        """
        {"item": 0, "probabilities": [0]}
        {"item": 1, "loss": 0}
        {"item": 2, "loss": 0}
        """)[0] == -log(1e-12))
  }

  @Test(arguments: [
    #"{"item": 0, "loss": 1}"#,  // Others are missing.
    #"{"item": 3, "loss": 1}"#, #"{"item": "sha256:00", "loss": 1}"#, #"{"loss": 1}"#,
    #"{"item": 0, "loss": "1"}"#, #"{"item": 0}"#, #"{"item": 0, "loss": 1, "logprobs": [-1]}"#,
    #"{"item": 0, "loss": 1, "note": "x"}"#, #"{"item": 0, "logprobs": [0.5]}"#,
    #"{"item": 0, "logprobs": []}"#, #"{"item": 0, "logprobs": [null]}"#,
    #"{"item": 0, "probabilities": [1.5]}"#, #"{"item": 1, "probabilities": [1]}"#,
    #"{"item": 0, "choices": []}"#, "[1]", "{\"item\": 0, \"loss\": 1}\n{\"item\": 0, \"loss\": 1}",
  ])
  func othersAreRefused(text: String) {
    #expect(throws: OwnerFileError.self) { try losses(text) }
  }

  @Test func anUnknownKeyOrSchemaIsRefused() {
    for text in [
      #"{"schema": "routemark.losses/2", "losses": []}"#, #"{"losses": []}"#,
      #"{"schema": "routemark.losses/1", "losses": [], "x": 1}"#,
      #"{"schema": "routemark.losses/1", "losses": 1}"#,
    ] {
      #expect(throws: OwnerFileError.self) { try losses(text, "losses.json") }
    }
  }
}
