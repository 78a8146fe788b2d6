import Diagnostics

/// What libraries cannot say, because they know no command line: the options that mend an error.
enum CommandLineHints {
  /// Hints to be printed after the error's own.
  static func of(_ error: any DiagnosableError) -> [String] {
    switch error.code {
    case "file.exists": ["--force replaces it"]
    case "train.missing-head": ["tasks are named with --data NAME=PATH"]
    case "train.unfinished-run": ["--resume goes on with it, --force begins again"]
    case "train.different-run": ["--force begins again"]
    case "train.not-a-mixture": ["`routemark merge` merges experts"]
    case "train.non-finite-feature": ["`routemark inspect` shows what a model holds"]
    case "import.base-needed":
      ["`routemark convert ADAPTER --base BASE -o FOLDER` makes a model of the two"]
    case "import.unknown-value": ["--base DIR or --activation NAME tells it to `routemark convert`"]
    case "file.cannot-open" where error.location?.hasSuffix("/config.json") == true:
      ["`routemark convert` makes a folder with `config.json` of other forms of models"]
    case "examination.suite-needed": ["name it with --suite FILE"]
    case "examination.task-of-merge": ["leave out --task"]
    default: []
    }
  }
}
