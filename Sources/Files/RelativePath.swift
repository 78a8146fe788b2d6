import Foundation

/// How one file names another so that both can be moved together.
public enum RelativePath {
  /// `target` as seen from `folder`, with `..` where needed; symbolic links are followed first.
  public static func from(folder: String, to target: String) -> String {
    let start = components(of: canonical(folder))
    let end = components(of: canonical(target))
    var common = 0
    while common < min(start.count, end.count), start[common] == end[common] { common += 1 }
    let parts = Array(repeating: "..", count: start.count - common) + end[common...]
    return parts.isEmpty ? "." : parts.joined(separator: "/")
  }

  /// A path that a file in `folder` holds, as it can be opened from here.
  public static func resolve(_ path: String, in folder: String) -> String {
    path.hasPrefix("/") ? path : (folder as NSString).appendingPathComponent(path)
  }

  /// The absolute path with symbolic links followed and `.` and `..` removed, as the system does it.
  ///
  /// A `..` behind a link leads to the parent of what the link names. What does not exist yet is kept
  /// as it is written.
  public static func canonical(_ path: String) -> String {
    if let real = real(path) { return real }
    let absolute =
      path.hasPrefix("/") ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
    var place = "/"
    var isThere = true
    for component in components(of: absolute) where component != "." {
      if component == ".." {
        place = components(of: place).dropLast().reduce("") { "\($0)/\($1)" }
        if place.isEmpty { place = "/" }
        continue
      }
      place = place == "/" ? "/\(component)" : "\(place)/\(component)"
      guard isThere else { continue }
      if let real = real(place) { place = real } else { isThere = false }
    }
    return place
  }

  /// Whether two paths are one place to write to: one name in one folder, or names of one file.
  public static func isSame(_ first: String, _ second: String) -> Bool {
    func place(_ path: String) -> String { NamedPlace(path).canonical }
    if place(first) == place(second) || canonical(first) == canonical(second) { return true }
    var (one, other) = (stat(), stat())
    return stat(first, &one) == 0 && stat(second, &other) == 0
      && one.st_dev == other.st_dev && one.st_ino == other.st_ino
  }

  private static func components(of path: String) -> [Substring] {
    path.split(separator: "/", omittingEmptySubsequences: true)
  }

  private static func real(_ path: String) -> String? {
    guard let text = realpath(path, nil) else { return nil }
    defer { free(text) }
    return String(cString: text)
  }
}

/// A path as a folder and a name in it, cut where it is written: neither links nor `..` are followed.
struct NamedPlace {
  /// The folder, as a path that can be opened.
  let folder: String
  let name: String

  init(_ path: String) {
    var path = path[...]
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    guard let slash = path.lastIndex(of: "/") else {
      (folder, name) = (".", String(path))
      return
    }
    folder = slash == path.startIndex ? "/" : String(path[..<slash])
    name = String(path[path.index(after: slash)...])
  }

  /// The name in its folder, with the links that lead to the folder followed.
  var canonical: String { "\(RelativePath.canonical(folder))/\(name)" }
}
