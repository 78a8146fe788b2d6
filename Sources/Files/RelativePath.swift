import Foundation

/// How one file names another so that both can be moved together.
public enum RelativePath {
  /// `target` as seen from `folder`, with `..` where needed; symbolic links are followed first.
  public static func from(folder: String, to target: String) -> String {
    let start = resolved(folder)
    let end = resolved(target)
    var common = 0
    while common < min(start.count, end.count), start[common] == end[common] { common += 1 }
    let parts = Array(repeating: "..", count: start.count - common) + end[common...]
    return parts.isEmpty ? "." : parts.joined(separator: "/")
  }

  /// A path that a file in `folder` holds, as it can be opened from here.
  public static func resolve(_ path: String, in folder: String) -> String {
    path.hasPrefix("/") ? path : (folder as NSString).appendingPathComponent(path)
  }

  /// The absolute path with symbolic links followed and `.` and `..` removed.
  public static func canonical(_ path: String) -> String {
    URL(fileURLWithPath: path).standardizedFileURL.resolvingSymlinksInPath().path
  }

  private static func resolved(_ path: String) -> [String] {
    URL(fileURLWithPath: canonical(path)).pathComponents
  }
}
