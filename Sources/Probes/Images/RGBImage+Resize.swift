extension RGBImage {
  /// The picture at another size, as Pillow's `Image.resize` makes it, to the bit.
  ///
  /// Two passes, each rounded to 8 bits: along rows and then along columns; the other way round
  /// when it loses more than two rows for each column that it loses, as Pillow 13.0.0 does it (the
  /// order can change a value by one or two). When a side shrinks, the filter widens with the
  /// ratio, so there is no aliasing. The same size is the identity.
  ///
  /// - Precondition: both sides are positive.
  /// - Complexity: O(output · taps), where taps grow with the ratio when shrinking.
  public func resized(width: Int, height: Int, filter: ResamplingFilter) -> RGBImage {
    resized(
      width: width, height: height, filter: filter, columns: 0..<width, rows: 0..<height)
  }

  /// The part of ``resized(width:height:filter:)`` that lies in the given columns and rows.
  func resized(
    width: Int, height: Int, filter: ResamplingFilter, columns: Range<Int>, rows: Range<Int>
  ) -> RGBImage {
    precondition(width > 0 && height > 0, "an image has at least one pixel")
    precondition(!columns.isEmpty && !rows.isEmpty, "a part has at least one pixel")
    if filter == .nearest {
      return nearest(
        columns: ResamplingAxis.nearest(input: self.width, output: width, window: columns),
        rows: ResamplingAxis.nearest(input: self.height, output: height, window: rows))
    }
    var horizontal: ResamplingAxis?
    var vertical: ResamplingAxis?
    if width != self.width {
      horizontal = ResamplingAxis(
        input: self.width, output: width, window: columns, filter: filter)
    }
    if height != self.height {
      vertical = ResamplingAxis(input: self.height, output: height, window: rows, filter: filter)
    }
    let source = part(
      columns: horizontal?.inputRange ?? columns, rows: vertical?.inputRange ?? rows)
    // Found by comparing with Pillow 13.0.0 over many sizes, not read from its source.
    let lostRows = self.height - height
    if lostRows > 0, lostRows > 2 * (self.width - width) {
      return source.resampledColumns(vertical).resampledRows(horizontal)
    }
    return source.resampledRows(horizontal).resampledColumns(vertical)
  }

  private func part(columns: Range<Int>, rows: Range<Int>) -> RGBImage {
    if columns == 0..<width, rows == 0..<height { return self }
    var part: [UInt8] = []
    part.reserveCapacity(3 * columns.count * rows.count)
    for row in rows {
      let start = 3 * (row * width + columns.lowerBound)
      part += pixels[start..<start + 3 * columns.count]
    }
    return RGBImage(width: columns.count, height: rows.count, pixels: part)
  }

  private func nearest(columns: [Int], rows: [Int]) -> RGBImage {
    var result = [UInt8](repeating: 0, count: 3 * columns.count * rows.count)
    for (y, row) in rows.enumerated() where row >= 0 {
      for (x, column) in columns.enumerated() where column >= 0 {
        let source = 3 * (row * width + column)
        let target = 3 * (y * columns.count + x)
        for channel in 0..<3 { result[target + channel] = pixels[source + channel] }
      }
    }
    return RGBImage(width: columns.count, height: rows.count, pixels: result)
  }

  /// One pass: every row is resampled along its length.
  ///
  /// This image begins with the first column that the axis needs. No axis is the identity.
  private func resampledRows(_ axis: ResamplingAxis?) -> RGBImage {
    guard let axis else { return self }
    let firstColumn = axis.inputRange.lowerBound
    let newWidth = axis.starts.count
    let size = 3 * newWidth * height
    let result = [UInt8](unsafeUninitializedCapacity: size) { target, count in
      pixels.withUnsafeBufferPointer { source in
        axis.weights.withUnsafeBufferPointer { weights in
          for row in 0..<height {
            let line = UnsafeBufferPointer(rebasing: source[(3 * row * width)...])
            let output = UnsafeMutableBufferPointer(
              rebasing: target[(3 * row * newWidth)...])
            for x in 0..<newWidth {
              let start = 3 * (axis.starts[x] - firstColumn)
              let first = x * axis.stride
              var red = Self.half
              var green = Self.half
              var blue = Self.half
              for tap in 0..<axis.counts[x] {
                let weight = weights[first + tap]
                red &+= Int32(line[start + 3 * tap]) &* weight
                green &+= Int32(line[start + 3 * tap + 1]) &* weight
                blue &+= Int32(line[start + 3 * tap + 2]) &* weight
              }
              output[3 * x] = Self.rounded(red)
              output[3 * x + 1] = Self.rounded(green)
              output[3 * x + 2] = Self.rounded(blue)
            }
          }
        }
      }
      count = size
    }
    return RGBImage(width: newWidth, height: height, pixels: result)
  }

  /// The other pass: whole rows are added up, which vectorises.
  ///
  /// This image begins with the first row that the axis needs. No axis is the identity.
  private func resampledColumns(_ axis: ResamplingAxis?) -> RGBImage {
    guard let axis else { return self }
    let firstRow = axis.inputRange.lowerBound
    let newHeight = axis.starts.count
    let lineCount = 3 * width
    var sums = [Int32](repeating: 0, count: lineCount)
    let result = [UInt8](unsafeUninitializedCapacity: lineCount * newHeight) { target, count in
      pixels.withUnsafeBufferPointer { source in
        sums.withUnsafeMutableBufferPointer { sums in
          for y in 0..<newHeight {
            for i in 0..<lineCount { sums[i] = Self.half }
            for tap in 0..<axis.counts[y] {
              let weight = axis.weights[y * axis.stride + tap]
              let row = axis.starts[y] + tap - firstRow
              let line = UnsafeBufferPointer(
                rebasing: source[(row * lineCount)..<((row + 1) * lineCount)])
              for i in 0..<lineCount { sums[i] &+= Int32(line[i]) &* weight }
            }
            for i in 0..<lineCount { target[y * lineCount + i] = Self.rounded(sums[i]) }
          }
        }
      }
      count = lineCount * newHeight
    }
    return RGBImage(width: width, height: newHeight, pixels: result)
  }

  /// One half in fixed point: sums start with it, so that the shift rounds.
  private static let half: Int32 = 1 << (ResamplingAxis.fractionBits - 1)

  @inline(__always)
  private static func rounded(_ sum: Int32) -> UInt8 {
    UInt8(truncatingIfNeeded: max(0, min(255, sum >> ResamplingAxis.fractionBits)))
  }
}
