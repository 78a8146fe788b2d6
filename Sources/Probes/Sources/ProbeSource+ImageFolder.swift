import Files
import Foundation

extension ProbeSource {
  /// How deeply folders below a class are followed.
  private static let deepestFolder = 16

  /// Reads a folder of class folders, or of images.
  static func imageFolder(_ path: String) throws -> ProbeSource {
    guard let root = realPath(path) else {
      throw FileError.cannotOpen(path: path, reason: String(cString: strerror(errno)))
    }
    let walker = FolderWalker(path: path, root: root, blobs: blobs(of: root))
    let top = try walker.list("")
    let classNames = top.folders
    if let image = top.images.first, let classFolder = classNames.first {
      throw ImageError.mixedFolder(path: path, image: image, classFolder: classFolder)
    }
    var samples = top.images.map { sample($0, label: nil) }
    for (label, name) in classNames.enumerated() {
      let images = try walker.imagesBelow(name, depth: 1)
      guard !images.isEmpty else { throw ImageError.emptyClass(path: "\(path)/\(name)") }
      samples += images.map { sample($0, label: label) }
    }
    guard !samples.isEmpty else { throw ImageError.noImages(path: path) }
    return ProbeSource(
      path: path, format: .imageFolder, samples: samples, classNames: classNames,
      storage: .folder)
  }

  /// The key is the whole name: `a.png` and `a.jpg` may stand in one folder.
  private static func sample(_ name: String, label: Int?) -> ProbeSample {
    ProbeSample(key: name, label: label, imageName: name)
  }

  private static func realPath(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  /// Where a Hugging Face cache keeps the files that a snapshot's links lead to: `blobs` beside
  /// `snapshots` in a repository's folder, `datasets--user--name`; nothing for other folders.
  private static func blobs(of root: String) -> String? {
    let parts = root.split(separator: "/")
    guard let place = parts.lastIndex(of: "snapshots"), place > 0, place + 1 < parts.count,
      ["datasets--", "models--", "spaces--"].contains(where: parts[place - 1].hasPrefix)
    else { return nil }
    return "/" + parts[..<place].joined(separator: "/") + "/blobs/"
  }

  /// Lists folders below one root and refuses links that leave it.
  private struct FolderWalker {
    let path: String
    let root: String
    /// A folder that links may lead to as well, with a slash at its end.
    let blobs: String?

    /// The images below a folder in the order in which torchvision walks: folder by folder.
    func imagesBelow(_ folder: String, depth: Int) throws -> [String] {
      guard depth <= deepestFolder else {
        throw ImageError.tooDeep(path: "\(path)/\(folder)", limit: deepestFolder)
      }
      let listing = try list(folder)
      return try listing.images
        + listing.folders.flatMap { try imagesBelow($0, depth: depth + 1) }
    }

    /// Folders and images, relative to the root, each sorted by bytes.
    func list(_ folder: String) throws -> (folders: [String], images: [String]) {
      let place = folder.isEmpty ? path : "\(path)/\(folder)"
      var folders: [String] = []
      var images: [String] = []
      for name in try names(place) where !name.hasPrefix(".") && name != "__MACOSX" {
        let relative = folder.isEmpty ? name : "\(folder)/\(name)"
        switch try kind(relative) {
        case S_IFDIR: folders.append(relative)
        case S_IFREG:
          let fileExtension = name.split(separator: ".").last ?? ""
          guard name.contains("."), let format = ImageFormat(fileExtension: fileExtension) else {
            continue
          }
          guard format.isDecodable else {
            throw ImageError.unsupportedFormat(
              sample: "\(path)/\(relative)", found: format.rawValue)
          }
          images.append(relative)
        default: continue
        }
      }
      return (folders, images)
    }

    private func names(_ place: String) throws(ImageError) -> [String] {
      do {
        return try FileManager.default.contentsOfDirectory(atPath: place)
          .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
      } catch {
        throw .cannotList(path: place, reason: error.localizedDescription)
      }
    }

    /// The type bits of a file's mode; a link counts as the file that it leads to.
    private func kind(_ relative: String) throws -> mode_t {
      let place = "\(path)/\(relative)"
      var status = stat()
      guard lstat(place, &status) == 0 else {
        throw FileError.cannotOpen(path: place, reason: String(cString: strerror(errno)))
      }
      let type = status.st_mode & S_IFMT
      guard type == S_IFLNK else { return type }
      let target = realPath(place)
      // Links to folders are refused even inside: they repeat images, or never end.
      guard let target,
        target.hasPrefix(root == "/" ? root : root + "/") || blobs.map(target.hasPrefix) ?? false,
        stat(place, &status) == 0,
        status.st_mode & S_IFMT != S_IFDIR
      else {
        throw ImageError.linkLeavesFolder(path: place, target: target ?? "nothing")
      }
      return status.st_mode & S_IFMT
    }
  }
}
