import Diagnostics

/// What can go wrong between a file of probes and the pixels that a model sees.
public enum ImageError: DiagnosableError, Equatable {
  // One image.
  /// The image has no bytes.
  case emptyImage(sample: String)
  /// The encoded image is larger than is read.
  case tooManyBytes(sample: String, count: Int, limit: Int)
  /// The content is not JPEG or PNG; `found` is what it looks like.
  case unsupportedFormat(sample: String, found: String)
  /// The header claims more pixels, or a longer side, than is decoded.
  case tooManyPixels(sample: String, width: Int, height: Int, limit: Int)
  /// The data is damaged or ends early; `reason` is the codec's.
  case corruptImage(sample: String, format: String, reason: String)
  /// The right format in a variant that is not read, such as 12-bit JPEG.
  case unsupportedVariant(sample: String, format: String, reason: String)
  /// There was no memory for the decoder.
  case outOfMemory(sample: String)

  // The preprocessor's configuration.
  /// A value is missing that the configuration's switches need.
  case missingValue(file: String, key: String, neededBy: String)
  /// A value is of the right type and impossible.
  case impossibleValue(file: String, key: String, expected: String, actual: String)
  /// The configuration gives images of different sizes for inputs of different shapes.
  case varyingOutputSize(file: String, actual: String)

  /// The configuration names a processor or a step that is not done here.
  case unsupportedProcessor(file: String, key: String, actual: String)
  /// Two files of one model's folder say different things.
  case twoPreprocessings(file: String, other: String)

  // A tar archive.
  /// The file is not an uncompressed tar archive; `found` is what it looks like.
  case notAnArchive(archive: String, found: String)
  /// The archive ends before what was announced at byte `offset`.
  case truncatedArchive(archive: String, offset: Int, expected: Int, actual: Int)
  /// A header's checksum does not fit its bytes.
  case headerChecksum(archive: String, offset: Int, expected: Int, actual: Int)
  /// A field of a header cannot be read.
  case malformedHeader(
    archive: String, offset: Int, field: String, expected: String, actual: String)
  /// A member of a kind that cannot be read as a plain file, such as a sparse file.
  case unsupportedMember(archive: String, offset: Int, kind: String)
  /// A member's name is absolute, climbs with `..`, or is not printable UTF-8.
  case unsafeName(archive: String, offset: Int, name: String)
  /// Two members with one name, or two images or labels with one key.
  case duplicateMember(archive: String, first: String, second: String)
  /// An image's name has a dot before that of its extension, where the sample's key ends.
  case dotInName(archive: String, member: String, key: String)
  /// A label is not a non-negative integer in ASCII.
  case malformedLabel(archive: String, member: String, actual: String)
  /// A label without an image.
  case labelWithoutImage(archive: String, member: String)

  // A folder of images.
  /// The path is neither a regular file nor a folder.
  case notAProbeSource(path: String)
  /// A symbolic link that leads out of the folder, to another folder, or nowhere.
  case linkLeavesFolder(path: String, target: String)
  /// Images beside class folders: it is unclear whether the images have labels.
  case mixedFolder(path: String, image: String, classFolder: String)
  /// A class folder without images.
  case emptyClass(path: String)
  /// Folders are nested more deeply than is followed.
  case tooDeep(path: String, limit: Int)
  /// The folder cannot be listed; `reason` is the operating system's.
  case cannotList(path: String, reason: String)

  // Either.
  /// There is no image at all.
  case noImages(path: String)

  /// The stable identifier.
  public var code: String {
    switch self {
    case .emptyImage: "image.empty"
    case .tooManyBytes: "image.too-many-bytes"
    case .unsupportedFormat: "image.unsupported-format"
    case .tooManyPixels: "image.too-many-pixels"
    case .corruptImage: "image.corrupt"
    case .unsupportedVariant: "image.unsupported-variant"
    case .outOfMemory: "image.out-of-memory"
    case .missingValue: "image.missing-value"
    case .impossibleValue: "image.impossible-value"
    case .varyingOutputSize: "image.varying-output-size"
    case .unsupportedProcessor: "image.unsupported-processor"
    case .twoPreprocessings: "image.two-preprocessings"
    case .notAnArchive: "image.not-an-archive"
    case .truncatedArchive: "image.truncated-archive"
    case .headerChecksum: "image.header-checksum"
    case .malformedHeader: "image.malformed-header"
    case .unsupportedMember: "image.unsupported-member"
    case .unsafeName: "image.unsafe-name"
    case .duplicateMember: "image.duplicate-member"
    case .dotInName: "image.dot-in-name"
    case .malformedLabel: "image.malformed-label"
    case .labelWithoutImage: "image.label-without-image"
    case .notAProbeSource: "image.not-a-probe-source"
    case .linkLeavesFolder: "image.link-leaves-folder"
    case .mixedFolder: "image.mixed-folder"
    case .emptyClass: "image.empty-class"
    case .tooDeep: "image.too-deep"
    case .cannotList: "image.cannot-list"
    case .noImages: "image.no-images"
    }
  }
}
