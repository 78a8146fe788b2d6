import Attribution

extension HTMLReport {
  /// The similarities of all pairs, as a table whose cells are coloured.
  func writeMatrix(to page: inout MarkupWriter) {
    let matrix = report.attributionCase.matrix
    let thresholds = report.attributionCase.thresholds
    let marks = [0, thresholds.noEvidenceSimilarity, thresholds.consistentSimilarity, 1]
    page.element(.section) { section in
      section.element(.h2, text: "Similarity of every pair of experts")
      section.element(.p, .classes("soft"), text: matrixFinding)
      section.element(
        .div, .classes("scroll"), .role("region"), .label("Similarity matrix"), .focusable("0")
      ) { scroll in
        scroll.element(.table, .classes(matrixClasses)) { table in
          writeMatrixHead(matrix, to: &table)
          table.element(.tbody) { body in
            for row in matrix.victimExperts.indices { writeMatrixRow(row, matrix, to: &body) }
          }
        }
      }
      ScaleLegend(
        title: "similarity; the marks between 0 and 1 are thresholds", scale: .sequential,
        marks: Set(marks).sorted().map {
          ScaleLegend.Mark(position: $0, text: FixedDigits.text($0, digits: 2))
        }
      ).write(to: &section)
    }
    page.lineFeed()
  }

  private var matrixFinding: String {
    let summary = report.attributionCase.summary
    return "\(summary.matchingCount) of \(summary.suspectExpertCount) columns have a top-1 "
      + "(outlined, bold) that is high and clearly above the rest of its column. Rows are victim "
      + "experts, columns are suspect experts."
  }

  private var matrixClasses: String {
    switch report.attributionCase.matrix.suspectExperts.count {
    case ...9: "matrix"
    case ...16: "matrix dense"
    case ...30: "matrix dense wide"
    default: "matrix dense wide widest"
    }
  }

  private func writeMatrixHead(_ matrix: SimilarityMatrix, to table: inout MarkupWriter) {
    table.element(.thead) { head in
      head.element(.tr) { row in
        row.element(.td) { _ in }
        row.element(
          .th, .scope("colgroup"), .classes("axis"), .columns(matrix.suspectExperts.count),
          text: "suspect expert")
      }
      head.element(.tr) { row in
        row.element(.th, .scope("col"), .classes("axis"), text: "victim expert")
        for name in matrix.suspectExperts {
          row.element(.th, .scope("col"), .classes("column"), .title(name)) { cell in
            cell.element(.span) { $0.name(TextWidth.cut(name, to: 16)) }
          }
        }
      }
    }
    table.lineFeed()
  }

  private func writeMatrixRow(
    _ index: Int, _ matrix: SimilarityMatrix, to body: inout MarkupWriter
  ) {
    let name = matrix.victimExperts[index]
    body.element(.tr) { row in
      row.element(.th, .scope("row"), .title(name)) { $0.name(TextWidth.cut(name, to: 24)) }
      for (column, similarity) in matrix.similarity[index].enumerated() {
        let isTop = report.attributions[column].topOneIndex == index
        row.element(
          .td, .classes(ColourScale.sequential.className(at: similarity) + (isTop ? " top" : "")),
          text: report.number(similarity))
      }
    }
    body.lineFeed()
  }
}
