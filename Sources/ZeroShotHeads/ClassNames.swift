import Documents
import Files
import Foundation

/// The names of a task's classes, in the order of its labels.
public struct ClassNames: Sendable, Hashable {
  /// The names, none twice.
  public let names: [String]

  /// Checks a list.
  ///
  /// - Throws: ``HeadsError/impossibleClasses(task:reason:)``.
  public init(_ names: [String], task: String) throws(HeadsError) {
    guard !names.isEmpty else { throw .impossibleClasses(task: task, reason: "there is none") }
    var seen: Set<String> = []
    for name in names {
      guard !name.allSatisfy(\.isWhitespace) else {
        throw .impossibleClasses(task: task, reason: "a name is empty")
      }
      guard seen.insert(name).inserted else {
        throw .impossibleClasses(task: task, reason: "`\(name)` stands twice")
      }
    }
    self.names = names
  }

  /// Reads `cat,dog`, or a file: a JSON list, a JSON object with a list for each task, or a name a line.
  ///
  /// - Throws: ``HeadsError``, `DocumentError`, `FileError`.
  public init(parsing text: String, task: String) throws {
    guard FileManager.default.fileExists(atPath: text) else {
      try self.init(
        text.split(separator: ",", omittingEmptySubsequences: false)
          .map { $0.trimmingCharacters(in: .whitespaces) }, task: task)
      return
    }
    let file = try MappedFile(path: text)
    let content = file.withBytes(0..<file.count) { String(decoding: $0, as: UTF8.self) }
    switch content.first(where: { !$0.isWhitespace }) {
    case "[": try self.init(StrictJSON.decode([String].self, contentsOf: text), task: task)
    case "{":
      let all = try StrictJSON.decode([String: [String]].self, contentsOf: text)
      guard let names = all[task] else {
        throw HeadsError.malformed(
          file: text, key: task, expected: "a list of class names", actual: "missing")
      }
      try self.init(names, task: task)
    default:
      try self.init(
        content.split(whereSeparator: \.isNewline).map {
          $0.trimmingCharacters(in: .whitespaces)
        }, task: task)
    }
  }

  /// The row of the class that each folder names, when the two lists are of the same classes.
  ///
  /// Case, `_` and `-` do not matter.
  public func rows(of folders: [String]) -> [Int]? {
    func plain(_ name: String) -> String {
      String(name.lowercased().map { $0 == "_" || $0 == "-" ? " " : $0 })
    }
    let places = Dictionary(
      names.enumerated().map { (plain($0.element), $0.offset) }, uniquingKeysWith: { $1 })
    let rows = folders.compactMap { places[plain($0)] }
    guard rows.count == folders.count, Set(rows).count == names.count,
      folders.count == names.count
    else { return nil }
    return rows
  }
}
