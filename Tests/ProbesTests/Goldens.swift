import Foundation
import Probes

/// What `Scripts/goldens/images.py` recorded.
struct Goldens<Case: Decodable>: Decodable {
  let cases: [Case]

  /// Reads `Goldens/<name>.json`.
  static func read(_ name: String) throws -> [Case] {
    let folder = Bundle.module.bundleURL.appendingPathComponent("Goldens")
    let data = try Data(contentsOf: folder.appendingPathComponent("\(name).json"))
    return try JSONDecoder().decode(Self.self, from: data).cases
  }
}

/// An encoded image and Pillow's pixels of it.
struct DecodeGolden: Decodable {
  let name: String
  let encoded: Data
  let width: Int
  let height: Int
  let pixels: Data

  static func named(_ name: String) throws -> [UInt8] {
    let goldens = try Goldens<DecodeGolden>.read("decode")
    return goldens.first { $0.name == name }.map { Array($0.encoded) } ?? []
  }
}

extension RGBImage {
  /// The picture that the script's `formula` makes.
  static func formula(width: Int, height: Int) -> RGBImage {
    var pixels: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width {
        for c in 0..<3 {
          pixels.append(UInt8((x * x * 3 + y * y * 5 + x * y * 7 + c * 61) / 4 % 256))
        }
      }
    }
    return RGBImage(width: width, height: height, pixels: pixels)
  }
}

/// Decodes an array of bytes.
func decode(_ bytes: [UInt8], name: String = "sample") throws -> RGBImage {
  try bytes.withUnsafeBytes { try ImageDecoder.decode($0, name: name) }
}

/// Where two pictures differ first; nothing when they are equal.
func firstDifference(_ actual: [UInt8], _ expected: [UInt8]) -> String? {
  guard actual.count == expected.count else {
    return "\(actual.count) bytes instead of \(expected.count)"
  }
  let differing = actual.indices.filter { actual[$0] != expected[$0] }
  return differing.first.map {
    "\(differing.count) bytes, first at \($0): \(actual[$0]) instead of \(expected[$0])"
  }
}
