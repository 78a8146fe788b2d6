import Attribution

public struct HTMLReport { let c: AttributionCase; public init(_ c: AttributionCase) { self.c = c }; public func render() -> String { "<html></html>" } }
public struct TextReport {
  let c: AttributionCase
  public init(_ c: AttributionCase) { self.c = c }
  public func render(width: Int, colour: Bool) -> String { c.summary.statement + "\n" + c.attributions.map { "\($0.suspectExpert) \($0.topOneExpert) \($0.similarity) \($0.attributionMargin ?? -1) \($0.verdict)" }.joined(separator: "\n") + "\n" }
}
