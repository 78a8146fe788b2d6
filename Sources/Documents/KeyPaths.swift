/// The keys that a JSON text has, by place.
public enum KeyPaths {
  /// Every key's path, such as `victim.counts`; elements of an array are all called `[]`.
  ///
  /// - Throws: ``DocumentError`` when the text is not strict JSON.
  public static func of(_ bytes: UnsafeRawBufferPointer, file: String) throws -> Set<String> {
    var reader = try JSONReader(bytes, file: file)
    var paths: Set<String> = []
    try collect(from: &reader, at: "", into: &paths)
    try reader.finish()
    return paths
  }

  private static func collect(
    from reader: inout JSONReader, at path: String, into paths: inout Set<String>
  ) throws {
    switch reader.nextKind() {
    case .object:
      try reader.readObject { key, reader in
        let place = path.isEmpty ? key : "\(path).\(key)"
        paths.insert(place)
        try collect(from: &reader, at: place, into: &paths)
      }
    case .array:
      let place = "\(path)[]"
      try reader.readArray { _, reader in
        switch reader.nextKind() {
        case .leaf: try reader.skipValue()
        case .object, .array: try collect(from: &reader, at: place, into: &paths)
        }
      }
    case .leaf: try reader.skipValue()
    }
  }
}
