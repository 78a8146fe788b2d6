import Tensors

/// Invariant terms of a model, without ever making their K times K entries.
///
/// A term is M = X G X^T with token embeddings X `[K, D]` and a product of weights G `[D, D]`. Its
/// statistics follow in the space of G: the sum of its entries is s^T G s with s = X^T 1, and the inner
/// product with M' = Y G' Y^T is that of G with C G' C^T, where C = X^T Y.
package struct InvariantTerms: Sendable {
  /// X, `[K, D]`.
  private let embeddings: DenseMatrix
  /// G of every term, `[D, D]`.
  private let forms: [DenseMatrix]
  /// The sum of the entries of every term.
  private let sums: [Double]
  /// The sum of the squares of the entries' distances from their mean, of every term.
  package let centredSquares: [Double]

  /// Terms of one model.
  package init(embeddings: DenseMatrix, forms: [DenseMatrix], pool: WorkerPool) {
    precondition(
      forms.allSatisfy { $0.rows == embeddings.columns && $0.columns == embeddings.columns },
      "a product of weights has the width of the embeddings")
    self.embeddings = embeddings
    self.forms = forms
    let columnSums = embeddings.columnSums
    let weights = DenseMatrix(rows: columnSums.count, columns: 1, elements: columnSums)
    let sums = forms.map { form in
      form.multiplied(by: weights, pool: pool).inner(weights)
    }
    self.sums = sums
    let gram = embeddings.multiplied(by: embeddings, transposing: .first, pool: pool)
    let entryCount = Double(embeddings.rows) * Double(embeddings.rows)
    centredSquares = forms.indices.map { index in
      let image = Self.image(of: forms[index], across: gram, pool)
      let square = forms[index].inner(image)
      let centred = square - sums[index] * sums[index] / entryCount
      // What is left of a constant term is rounding.
      return centred > 1e-12 * square ? centred : 0
    }
  }

  /// The terms as another model's embeddings see them: C G C^T for every G, where C = Y^T X.
  package struct Image: Sendable {
    fileprivate let terms: InvariantTerms
    fileprivate let forms: [DenseMatrix]
  }

  /// Prepares the comparison with any terms that have the embeddings of `other`.
  ///
  /// - Precondition: there are as many embeddings.
  package func image(in other: InvariantTerms, pool: WorkerPool) -> Image {
    precondition(embeddings.rows == other.embeddings.rows, "terms of one shape")
    let cross = other.embeddings.multiplied(by: embeddings, transposing: .first, pool: pool)
    return Image(terms: self, forms: forms.map { Self.image(of: $0, across: cross, pool) })
  }

  /// The correlation of the entries of each term with the same term of the other model; the cosine of
  /// all standardised terms as one vector is the mean of these.
  ///
  /// - Precondition: the image was made for terms with these embeddings; both models have the same
  ///   number of terms, none of them constant.
  package func correlations(with other: Image) -> [Double] {
    precondition(forms.count == other.forms.count, "models with the same number of terms")
    let entryCount = Double(embeddings.rows) * Double(embeddings.rows)
    return forms.indices.map { index in
      let product = forms[index].inner(other.forms[index])
      let centred = product - sums[index] * other.terms.sums[index] / entryCount
      let squares = centredSquares[index] * other.terms.centredSquares[index]
      precondition(squares > 0, "a constant term has no correlation")
      return centred / squares.squareRoot()
    }
  }

  private static func image(
    of form: DenseMatrix, across cross: DenseMatrix, _ pool: WorkerPool
  ) -> DenseMatrix {
    cross.multiplied(by: form, pool: pool)
      .multiplied(by: cross, transposing: .second, pool: pool)
  }
}

/// One of HuRef's three terms of a layer; weights are `[out, in]`, biases and norms are left out.
enum InvariantTerm: String, Sendable, Hashable, Codable, CaseIterable {
  /// X Wq^T Wk X^T.
  case queryKey = "X Wq^T Wk X^T"
  /// X Wv^T Wo^T X^T.
  case valueOutput = "X Wv^T Wo^T X^T"
  /// X W1^T W2^T X^T.
  case feedForward = "X W1^T W2^T X^T"

  /// How many layers, counted from the last, are looked at.
  static let layerCount = 2

  /// The last layers, ascending.
  ///
  /// - Throws: ``BaselineError/tooFewLayers(model:expected:actual:)``.
  static func lastLayers(of count: Int, model: String) throws(BaselineError) -> Range<Int> {
    guard count >= layerCount else {
      throw .tooFewLayers(model: model, expected: layerCount, actual: count)
    }
    return count - layerCount..<count
  }

  /// W1^T W2^T `[D, D]` of an MLP with weights W1 `[F, D]` and W2 `[D, F]`.
  static func feedForwardForm(
    _ first: DenseMatrix, _ second: DenseMatrix, pool: WorkerPool
  ) -> DenseMatrix {
    first.multiplied(by: second, transposing: [.first, .second], pool: pool)
  }
}
