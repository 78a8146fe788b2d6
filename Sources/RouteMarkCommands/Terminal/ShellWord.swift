import Foundation

/// Words of a command line, written so that a shell takes each as one word, whatever is in it.
enum ShellWord {
  /// An argument as a shell would take it.
  static func quoted(_ argument: String) -> String {
    let plain = argument.utf8.allSatisfy { byte in
      let character = Character(UnicodeScalar(byte))
      return character.isASCII
        && (character.isLetter || character.isNumber || "-_./=:,+@%".contains(character))
    }
    if plain, !argument.isEmpty { return argument }
    return "'" + argument.replacingOccurrences(of: "'", with: "'\\''") + "'"
  }
}
