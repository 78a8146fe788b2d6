import Files

extension ProbeSource {
  /// Reads the members of a tar archive as samples.
  static func webDataset(_ path: String) throws -> ProbeSource {
    let file = try MappedFile(path: path)
    let archive = try openArchive(file)
    var images: [(key: String, member: TarArchive.Member)] = []
    var imageNames: [String: String] = [:]
    var labels: [String: (member: String, value: Int)] = [:]
    var dotted: [(key: String, member: String)] = []
    for member in archive.members {
      guard let (key, fileExtension) = split(member.name) else { continue }
      if fileExtension == "cls" {
        if let first = labels[key] {
          throw ImageError.duplicateMember(archive: path, first: first.member, second: member.name)
        }
        labels[key] = (member.name, try label(member, of: file))
      } else if let format = ImageFormat(fileExtension: fileExtension) {
        guard format.isDecodable else {
          throw ImageError.unsupportedFormat(
            sample: "\(path)/\(member.name)", found: format.rawValue)
        }
        if let first = imageNames.updateValue(member.name, forKey: key) {
          throw ImageError.duplicateMember(archive: path, first: first, second: member.name)
        }
        images.append((key, member))
      } else if isImage(member.name) {
        dotted.append((key, member.name))
      }
    }
    // `7.seg.png` beside `7.jpg` is a further part of sample `7`; without one the dot is a mistake.
    if let stray = dotted.first(where: { imageNames[$0.key] == nil }) {
      throw ImageError.dotInName(archive: path, member: stray.member, key: stray.key)
    }
    guard !images.isEmpty else { throw ImageError.noImages(path: path) }
    let orphans = labels.filter { imageNames[$0.key] == nil }.map(\.value.member)
    if let orphan = orphans.min() {
      throw ImageError.labelWithoutImage(archive: path, member: orphan)
    }
    let samples = images.map { image in
      ProbeSample(
        key: image.key, label: labels[image.key]?.value, imageName: image.member.name)
    }
    return ProbeSource(
      path: path, format: .webDataset, samples: samples, classNames: [],
      notes: notes(parts: dotted.map(\.member), links: archive.links.filter(isImage)),
      storage: .archive(file, images.map(\.member.range)))
  }

  private static func notes(parts: [String], links: [String]) -> [String] {
    var notes: [String] = []
    if let first = parts.first {
      notes.append(
        "\(parts.count) images such as `\(first)` are further parts of samples and were not taken")
    }
    if let first = links.first {
      notes.append(
        "\(links.count) links such as `\(first)` have no bytes of their own and were not taken")
    }
    return notes
  }

  /// Whether a name ends as that of an image that is read, and is not hidden.
  private static func isImage(_ name: String) -> Bool {
    guard let (_, fileExtension) = split(name) else { return false }
    return ImageFormat(fileExtension: fileExtension.split(separator: ".").last ?? "")?.isDecodable
      ?? false
  }

  /// Tells a file that never was a tar archive from a damaged one.
  private static func openArchive(_ file: MappedFile) throws(ImageError) -> TarArchive {
    guard file.count > 0 else {
      throw .notAnArchive(archive: file.path, found: "an empty file")
    }
    do {
      return try TarArchive(file)
    } catch {
      let foreign = file.withBytes(0..<min(file.count, 16)) { foreignFormat($0) }
      if let foreign { throw .notAnArchive(archive: file.path, found: foreign) }
      throw error
    }
  }

  private static func foreignFormat(_ bytes: UnsafeRawBufferPointer) -> String? {
    if let image = ImageFormat(of: bytes) { return "a \(image.rawValue) image" }
    let signatures: [(String, [UInt8])] = [
      ("gzip", [0x1F, 0x8B]), ("zstd", [0x28, 0xB5, 0x2F, 0xFD]), ("xz", [0xFD, 0x37, 0x7A, 0x58]),
      ("bzip2", Array("BZh".utf8)), ("zip", Array("PK\u{3}\u{4}".utf8)),
    ]
    return signatures.first { bytes.starts(with: $0.1) }?.0
  }

  /// The key, up to the first dot of the base name, and the extension after it in lower case; or
  /// nothing for hidden files, files without an extension and what macOS adds to archives.
  private static func split(_ name: String) -> (key: String, fileExtension: String)? {
    let base = name.split(separator: "/").last ?? ""
    guard let dot = base.firstIndex(of: "."), dot != base.startIndex,
      !name.split(separator: "/").contains("__MACOSX")
    else { return nil }
    return (String(name[..<dot]), base[base.index(after: dot)...].lowercased())
  }

  private static func label(
    _ member: TarArchive.Member, of file: MappedFile
  ) throws(ImageError) -> Int {
    // The largest label has 19 digits; a little white space is allowed.
    let bytes = file.withBytes(member.range) { Array($0.prefix(64)) }
    let digits = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
    guard member.range.count <= 64, digits.count == 1, let value = Int(digits[0]), value >= 0,
      digits[0].utf8.first != UInt8(ascii: "+")
    else {
      throw .malformedLabel(
        archive: file.path, member: member.name, actual: PrintableText.of(bytes))
    }
    return value
  }
}
