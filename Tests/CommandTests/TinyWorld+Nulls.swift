extension TinyWorld {
  /// The arguments of a pool of short runs.
  func trainNulls(count: Int, to pool: String = "nulls", tasks: [String] = experts) -> [String] {
    [
      "null", "train", "--base", path("base"), "--head", path("heads.safetensors"), "--count",
      "\(count)", "--images", "24", "--batches", "2,4", "--lr-range", "1e-3,1e-2", "-o",
      path(pool),
    ] + data(tasks)
  }

  /// The arguments of merges of a pool.
  func mergeNulls(_ pool: String = "nulls", suite: String = "suite.json") -> [String] {
    [
      "null", "merge", "--pool", path(pool), "--base", path("base"), "--suite", path(suite),
      "--head", path("heads.safetensors"), "--steps", "4", "--batch", "2",
    ] + dataArguments
  }
}
