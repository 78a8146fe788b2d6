import Synchronization

extension WorkerPool {
  /// The values of `make` for `0..<count`, made in parallel.
  ///
  /// - Throws: what `make` throws; of several failures the one of the first index.
  public func map<Value: Sendable, Failure: Error>(
    _ count: Int, _ make: @Sendable (_ index: Int) throws(Failure) -> Value
  ) throws(Failure) -> [Value] {
    let made = Mutex([Result<Value, Failure>?](repeating: nil, count: count))
    split(count) { _, range in
      for index in range {
        let result = Result { () throws(Failure) in try make(index) }
        made.withLock { $0[index] = result }
        if case .failure = result { return }  // What comes after it in this piece is not asked for.
      }
    }
    var values: [Value] = []
    for case let result? in made.withLock({ $0 }) { values.append(try result.get()) }
    return values
  }
}
