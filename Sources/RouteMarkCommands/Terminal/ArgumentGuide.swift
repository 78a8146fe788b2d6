import ArgumentParser
import Foundation

/// What the parser does not do by itself: it names the command that was meant, refuses an option that
/// is given twice where one counts, and takes a negative number for a value.
///
/// It asks the parser for its own description of the commands, so that it cannot differ from them.
struct ArgumentGuide {
  private struct Description: Decodable {
    let command: Command
  }

  private struct Command: Decodable {
    let commandName: String
    let subcommands: [Command]?
    let arguments: [Argument]?

    var names: [String] { (subcommands ?? []).map(\.commandName) }
  }

  private struct Argument: Decodable {
    struct Name: Decodable {
      let kind: String
      let name: String

      var text: String { kind == "long" ? "--\(name)" : "-\(name)" }
    }

    let kind: String
    let isRepeating: Bool
    let names: [Name]?
  }

  private let root: Command

  /// Asks the parser of `command`.
  ///
  /// - Returns: `nil` where it does not answer; then nothing is checked.
  init?(_ command: any ParsableCommand.Type) {
    do {
      _ = try command.parseAsRoot(["--experimental-dump-help"])
      return nil
    } catch {
      let text = command.fullMessage(for: error)
      guard
        let description = try? JSONDecoder().decode(Description.self, from: Data(text.utf8))
      else { return nil }
      root = description.command
    }
  }

  /// The arguments as the parser takes them.
  ///
  /// - Throws: `ValidationError` for a command that does not exist, and for an option given twice.
  func prepared(_ arguments: [String]) throws -> [String] {
    var command = root
    var path: [String] = []
    var rest = arguments[...]
    while let name = rest.first, !name.hasPrefix("-"), let subcommands = command.subcommands,
      !subcommands.isEmpty
    {
      guard let next = subcommands.first(where: { $0.commandName == name }) else {
        throw ValidationError(Self.unknown(name, after: path, among: command.names))
      }
      command = next
      path.append(name)
      rest = rest.dropFirst()
    }
    return path + (try options(Array(rest), of: command))
  }

  private static func unknown(_ name: String, after path: [String], among names: [String]) -> String
  {
    let whole = (["routemark"] + path).joined(separator: " ")
    let near = names.map { (name: $0, distance: distance(name, $0)) }
      .filter { $0.distance <= max(1, min(3, $0.name.count / 2)) || $0.name.hasPrefix(name) }
      .min { $0.distance < $1.distance }
    let advice =
      near.map { "Did you mean `\(whole) \($0.name)`?" }
      ?? "Commands are: \(names.sorted().joined(separator: ", "))."
    return "There is no command `\(whole) \(name)`. \(advice)"
  }

  private func options(_ arguments: [String], of command: Command) throws -> [String] {
    var known: [String: (option: Int, argument: Argument)] = [:]
    for (index, argument) in (command.arguments ?? []).enumerated() {
      for name in argument.names ?? [] { known[name.text] = (index, argument) }
    }
    var result: [String] = []
    var seen: Set<Int> = []
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      if argument == "--" { return result + [argument] + rest }
      let name =
        argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        .first.map(String.init) ?? argument
      guard let (option, found) = known[name], found.kind == "option" else {
        result.append(argument)
        continue
      }
      guard found.isRepeating || seen.insert(option).inserted else {
        throw ValidationError(
          "`\(name)` is given more than once, and only one can count. Keep one of them.")
      }
      if name.utf8.count < argument.utf8.count {
        result.append(argument)
      } else if let value = rest.first, value.hasPrefix("-"), Double(value) != nil {
        // Alone, the parser takes `-1` for an option.
        result.append("\(name)=\(value)")
        rest = rest.dropFirst()
      } else {
        result.append(argument)
        if let value = rest.first, !value.hasPrefix("-") {
          result.append(value)
          rest = rest.dropFirst()
        }
      }
    }
    return result
  }

  /// How many letters must be added, removed, changed or exchanged with their neighbour.
  static func distance(_ first: String, _ second: String) -> Int {
    let (first, second) = (Array(first.lowercased().prefix(64)), Array(second.lowercased()))
    var rows = [Array(0...second.count)]
    for (row, letter) in first.enumerated() {
      var line = [row + 1]
      for (column, other) in second.enumerated() {
        var best = min(
          rows[row][column + 1] + 1, line[column] + 1, rows[row][column] + (letter == other ? 0 : 1)
        )
        if row > 0, column > 0, letter == second[column - 1], first[row - 1] == other {
          best = min(best, rows[row - 1][column - 1] + 1)
        }
        line.append(best)
      }
      rows.append(line)
    }
    return rows[first.count][second.count]
  }
}
