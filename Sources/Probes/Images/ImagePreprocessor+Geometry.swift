extension ImagePreprocessor {
  /// The size that an image gets before the crop.
  ///
  /// For a shortest edge the other side is rounded towards zero, as transformers does.
  func resizedSize(of image: RGBImage) -> Size {
    switch resize {
    case nil: return Size(height: image.height, width: image.width)
    case .exact(let height, let width): return Size(height: height, width: width)
    case .shortestEdge(let edge):
      let (short, long) = (min(image.width, image.height), max(image.width, image.height))
      let newLong = Int(Double(edge * long) / Double(short))
      return image.width <= image.height
        ? Size(height: newLong, width: edge) : Size(height: edge, width: newLong)
    }
  }

  /// The first two steps, still in 8 bits; only what the crop keeps is computed.
  package func resizedAndCropped(_ image: RGBImage) -> RGBImage {
    let size = resizedSize(of: image)
    let rows = CropSpan(input: size.height, output: outputHeight)
    let columns = CropSpan(input: size.width, output: outputWidth)
    let kept = image.resized(
      width: size.width, height: size.height, filter: filter, columns: columns.kept,
      rows: rows.kept)
    if kept.width == outputWidth && kept.height == outputHeight { return kept }
    var padded = [UInt8](repeating: 0, count: 3 * outputWidth * outputHeight)
    for row in 0..<kept.height {
      let source = 3 * row * kept.width
      let target = 3 * ((row + rows.padding) * outputWidth + columns.padding)
      padded.replaceSubrange(
        target..<target + 3 * kept.width, with: kept.pixels[source..<source + 3 * kept.width])
    }
    return RGBImage(width: outputWidth, height: outputHeight, pixels: padded)
  }
}

/// Which part of a side a centre crop keeps, and how many zeros it puts before it.
private struct CropSpan {
  let kept: Range<Int>
  let padding: Int

  init(input: Int, output: Int) {
    if input >= output {
      let start = (input - output) / 2
      kept = start..<start + output
      padding = 0
    } else {
      kept = 0..<input
      padding = (output - input + 1) / 2
    }
  }
}
