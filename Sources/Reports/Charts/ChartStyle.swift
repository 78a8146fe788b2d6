/// What pages with charts need beyond ``StyleSheet``: a constant, so that its digest is one too.
package enum ChartStyle {
  /// The SHA-256 of ``text`` in base 64, for the page's content security policy.
  package static let digest = "qwe1ISQEn4Kud3vLTO4U7vx/xn485lyvdtl6xc72N88="

  /// Everything between `<style>` and `</style>`; it has no character that XML would escape.
  package static let text: String = [
    ":root{\(properties(SeriesStyle.light))}",
    "@media screen and (prefers-color-scheme:dark){:root{\(properties(SeriesStyle.dark))}}",
    classes, drawings, page, print,
  ].joined(separator: "\n")

  private static func properties(_ colours: [ColourScale.Colour]) -> String {
    colours.enumerated().map { "--c\($0.offset):\($0.element.text);" }.joined()
  }

  /// Colours of series, and of text on the steps of a scale.
  private static let classes =
    (SeriesStyle.light.indices.map { ".c\($0){color:var(--c\($0))}" }
    + (0..<ColourScale.stepCount).map { ".i\($0){fill:var(--i\($0))}" }).joined(separator: "\n")

  private static let drawings = """
    svg .small{font-size:11px}
    svg .grid{stroke:var(--line);stroke-width:1;fill:none}
    svg .curve{fill:none;stroke:currentColor;stroke-width:2;stroke-linejoin:round}
    svg .dashed{stroke-dasharray:5 4;stroke-width:1.5}
    svg .bar{fill:currentColor;fill-opacity:.6}
    svg .bar.c0{fill-opacity:1}
    svg .point{fill:currentColor;stroke:currentColor;stroke-width:1.5}
    svg .hollow{fill:var(--page);stroke:currentColor;stroke-width:1.5}
    svg .dot{fill:currentColor;fill-opacity:.75;stroke:none}
    svg .reference{stroke:var(--mark);stroke-width:2;fill:none}
    svg .threshold{stroke:var(--finding);stroke-width:1.5;stroke-dasharray:4 3;fill:none}
    svg .top{stroke:var(--mark);stroke-width:3;fill:none}
    svg .finding{fill:var(--finding)}
    """

  private static let page = """
    a{color:inherit;text-decoration-color:var(--soft);text-underline-offset:2px}
    nav ol{columns:2;margin:20px 0 0;padding-left:22px;font-size:14px}
    nav li{margin:0 0 3px;break-inside:avoid}
    .answers{display:grid;grid-template-columns:1fr 1fr;gap:20px;margin:24px 0 0}
    .answers .card{margin:0;border-top:6px solid var(--calm)}
    .answers .card.finding{border-top-color:var(--finding)}
    .answers p{font-size:15px;line-height:1.5}
    .answers p:last-child{margin:0}
    .answers .figure{font-size:34px;line-height:1.15;font-weight:650;margin:4px 0 6px;\
    font-variant-numeric:tabular-nums}
    .answers .finding .figure{color:var(--finding)}
    .outcome{font-weight:650;white-space:nowrap}
    .outcome.not{color:var(--finding)}
    .outcome.part{color:var(--caution)}
    .commands code{display:block;white-space:pre-wrap;margin:0 0 6px;font-size:12px}
    .commands h3{font-size:15px;margin:18px 0 2px}
    .verdicts td{min-width:104px;font-size:13px;line-height:1.4;padding:7px 8px}
    .verdicts td.accused{background:var(--wash);outline:2px solid var(--finding);\
    outline-offset:-2px}
    .verdicts span.soft{display:block;font-size:12px;font-weight:400}
    .plain th,.plain td,.verdicts th,.verdicts td{overflow-wrap:normal}
    .plain tbody th{min-width:110px}
    .compact th,.compact td{padding:5px 9px;font-size:13px}
    figure .scroll{margin-top:16px}
    dl+p,.scroll+p{margin-top:14px}
    .claims th:first-child{min-width:240px}
    .claims td:nth-child(3){min-width:220px}
    .definitions dl{grid-template-columns:90px 1fr}
    .panels{align-items:flex-end}
    .panels.two{display:grid;grid-template-columns:1fr 1fr;align-items:start}
    """

  private static let print = """
    @media (max-width:760px){.answers,.panels.two{grid-template-columns:1fr}nav ol{columns:1}}
    @media print{nav{display:none}.panels svg.map{width:48%}.commands code{font-size:7pt}}
    """
}
