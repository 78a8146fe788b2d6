/// Whether a fingerprint's routers tell the probes apart at all.
extension SiteFingerprint {
  /// Whether no router says anything else for one task than for another, up to the rounding of a Float.
  public var isConstant: Bool {
    tasks.count > 1
      && sites.allSatisfy { site in
        let rows = Self.centred(site.means)
        let scale = site.means.joined().reduce(0) { max($0, abs($1)) }
        return rows.allSatisfy { row in
          zip(row, rows[0]).allSatisfy { abs($0 - $1) <= 8 * Double(Float.ulpOfOne) * scale }
        }
      }
  }

  /// Whether what one half of the items says comes back in the other half.
  ///
  /// The halves' scores are compared task by task, and with the tasks of one half rotated. A router that
  /// draws experts at random repeats nothing, so that the unrotated cosine is the largest of N with
  /// probability 1/N only.
  ///
  /// - Returns: `nil` where there are no halves or fewer than three tasks.
  public var repeatsItself: Bool? {
    guard tasks.count > 2, sites.allSatisfy({ $0.halves != nil }) else { return nil }
    let halves = (0..<2).map { half in
      sites.map { Self.taskCentred(Self.centred($0.halves?[half] ?? [])) }
    }
    let products = tasks.indices.map { shift in
      var sum = 0.0
      for site in sites.indices {
        for task in tasks.indices {
          let other = halves[1][site][(task + shift) % tasks.count]
          for (a, b) in zip(halves[0][site][task], other) { sum += a * b }
        }
      }
      return sum
    }
    return products.dropFirst().allSatisfy { $0 < products[0] }
  }

  /// Scores without each expert's mean over tasks: a liking for an expert whatever the task is no signal.
  ///
  /// Shapes: `[N, E]` in and out.
  /// Numerics: tasks are centred as differences from task 0, so that equal tasks give exactly zero.
  public static func taskCentred(_ rows: [[Double]]) -> [[Double]] {
    guard let first = rows.first else { return rows }
    let means = first.indices.map { expert in
      rows.reduce(0) { $0 + ($1[expert] - first[expert]) } / Double(rows.count)
    }
    return rows.map { row in row.indices.map { (row[$0] - first[$0]) - means[$0] } }
  }
}
