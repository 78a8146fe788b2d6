extension ImageError {
  /// What is wrong, with the values.
  public var what: String {
    switch self {
    case .emptyImage: "the image has no bytes"
    case .tooManyBytes(_, let count, let limit):
      "the encoded image has \(count) bytes, at most \(limit) are read"
    case .unsupportedFormat(_, let found): "expected a JPEG or PNG image, found \(found)"
    case .tooManyPixels(_, let width, let height, let limit):
      "the image has \(width) x \(height) pixels, at most \(limit) and "
        + "\(ImageDecoder.longestSide) a side are decoded"
    case .corruptImage(_, let format, let reason):
      "the \(format) data is damaged or incomplete: \(reason)"
    case .unsupportedVariant(_, let format, let reason):
      "this kind of \(format) is not read: \(reason)"
    case .outOfMemory: "there is not enough memory to decode the image"
    case .missingValue(_, let key, let neededBy): "`\(key)` is missing, `\(neededBy)` needs it"
    case .impossibleValue(_, let key, let expected, let actual):
      "`\(key)` is \(actual), expected \(expected)"
    case .varyingOutputSize(_, let actual):
      "the size of the prepared image depends on the input: \(actual)"
    case .unsupportedProcessor(_, let key, let actual):
      "`\(key)` is \(actual), which asks for steps that are not done here"
    case .twoPreprocessings(_, let other):
      "the image preprocessing differs from that in `\(other)`"
    default: sourceWhat
    }
  }

  /// ``what`` for the errors of archives and folders.
  private var sourceWhat: String {
    switch self {
    case .notAnArchive(_, let found): "expected an uncompressed tar archive, found \(found)"
    case .truncatedArchive(_, _, let expected, let actual):
      "the archive is truncated: expected \(expected) more bytes, found \(actual)"
    case .headerChecksum(_, _, let expected, let actual):
      "the header's checksum is \(actual), its bytes add up to \(expected)"
    case .malformedHeader(_, _, let field, let expected, let actual):
      "the header's `\(field)` is `\(actual)`, expected \(expected)"
    case .unsupportedMember(_, _, let kind): "expected a plain file, found \(kind)"
    case .unsafeName(_, _, let name):
      "expected a printable relative name without `..`, found `\(name)`"
    case .duplicateMember(_, let first, let second):
      "expected each member and key once, found `\(first)` and then `\(second)`"
    case .dotInName(_, let member, let key):
      "the name `\(member)` has a dot before its extension: a sample's key ends at the first dot, "
        + "here after `\(key)`, so this would be no image of its own"
    case .malformedLabel(_, _, let actual):
      "expected a label of 0 or more in ASCII digits, found `\(actual)`"
    case .labelWithoutImage: "the label has no JPEG or PNG image of the same name"
    case .notAProbeSource: "expected a tar archive or a folder of images, found a special file"
    case .linkLeavesFolder(_, let target):
      "expected a link to a file inside the folder, found one to `\(target)`"
    case .mixedFolder(_, let image, let classFolder):
      "expected images or class folders, found both: `\(image)` and `\(classFolder)`"
    case .emptyClass: "the class folder holds no JPEG or PNG image"
    case .tooDeep(_, let limit): "folders are nested more than \(limit) deep"
    case .cannotList(_, let reason): "cannot list the folder: \(reason)"
    default: "expected at least one JPEG or PNG image, found none"
    }
  }

  /// The sample, file, key or byte offset.
  public var location: String? {
    switch self {
    case .emptyImage(let sample), .tooManyBytes(let sample, _, _),
      .unsupportedFormat(let sample, _), .tooManyPixels(let sample, _, _, _),
      .corruptImage(let sample, _, _), .unsupportedVariant(let sample, _, _),
      .outOfMemory(let sample):
      sample
    case .missingValue(let file, _, _), .impossibleValue(let file, _, _, _),
      .varyingOutputSize(let file, _), .unsupportedProcessor(let file, _, _),
      .twoPreprocessings(let file, _):
      file
    case .notAnArchive(let archive, _): archive
    case .truncatedArchive(let archive, let offset, _, _),
      .headerChecksum(let archive, let offset, _, _),
      .malformedHeader(let archive, let offset, _, _, _),
      .unsupportedMember(let archive, let offset, _), .unsafeName(let archive, let offset, _):
      "\(archive), byte \(offset)"
    case .duplicateMember(let archive, _, let second): "\(archive), member `\(second)`"
    case .dotInName(let archive, let member, _), .malformedLabel(let archive, let member, _),
      .labelWithoutImage(let archive, let member):
      "\(archive), member `\(member)`"
    case .notAProbeSource(let path), .linkLeavesFolder(let path, _), .mixedFolder(let path, _, _),
      .emptyClass(let path), .tooDeep(let path, _), .cannotList(let path, _), .noImages(let path):
      path
    }
  }

  /// How to fix it.
  public var hints: [String] {
    switch self {
    case .emptyImage, .corruptImage: ["export the image again from its source"]
    case .tooManyBytes, .tooManyPixels: ["shrink the image before adding it to the probes"]
    case .unsupportedFormat, .unsupportedVariant: ["convert the image to PNG"]
    case .outOfMemory: ["close other programs, or shrink the image"]
    case .missingValue, .impossibleValue:
      ["take `preprocessor_config.json` from the model's own folder"]
    case .varyingOutputSize:
      ["turn `do_center_crop` on, or give `size` a `height` and a `width`"]
    case .unsupportedProcessor:
      [
        "processors of CLIP, SigLIP and ViT are read; prepare the images yourself and state plain steps"
      ]
    case .twoPreprocessings: ["keep the file that the model was trained with and remove the other"]
    case .notAnArchive: ["decompress the archive first, or name a folder of images"]
    case .truncatedArchive, .headerChecksum, .malformedHeader:
      ["copy or download the archive again, or pack it again with `tar --format=ustar`"]
    case .unsupportedMember: ["pack the archive again without sparse or multi-volume members"]
    case .unsafeName: ["do not unpack this archive; pack it again with plain relative names"]
    case .duplicateMember: ["pack the archive again with one image for each key"]
    case .dotInName:
      ["pack the archive again with names that have no dot but that of the extension"]
    case .malformedLabel: ["write one integer into each `.cls` member"]
    case .labelWithoutImage: ["add the image, or leave the label out"]
    case .notAProbeSource: ["name a tar archive or a folder"]
    case .linkLeavesFolder: ["copy the files into the folder"]
    case .mixedFolder: ["move the loose images into a class folder"]
    case .emptyClass: ["add images, or remove the folder"]
    case .tooDeep: ["flatten the folders"]
    case .cannotList: ["check the permissions of the folder"]
    case .noImages: ["check the path; names must end in .jpg, .jpeg or .png"]
    }
  }
}
