/// The style sheet of the HTML report: a constant, so that its digest is one too.
package enum StyleSheet {
  /// The SHA-256 of ``text`` in base 64, for the page's content security policy.
  package static let digest = "bt2wOOQo1QKYhxxsa3zAiA84We4kyTW2FNBCH0pMgaE="

  /// Everything between `<style>` and `</style>`; it has no character that XML would escape.
  package static let text: String = [
    ":root{color-scheme:light dark;\(palette)\(colours(\.light))}",
    "@media screen and (prefers-color-scheme:dark){:root{\(darkPalette)\(colours(\.dark))}}",
    page, verdicts, tables, figures, scaleClasses, print,
  ].joined(separator: "\n")

  private static let palette =
    "--page:#f7f7f5;--card:#ffffff;--ink:#1a1f26;--soft:#57606c;--line:#dcdfe3;"
    + "--finding:#9a3d00;--caution:#6a3fa0;--calm:#4a5563;--wash:#f1f2f2;--mark:#1a1f26;"

  private static let darkPalette =
    "--page:#11151a;--card:#191f26;--ink:#e8ebef;--soft:#a7b0bb;--line:#313a44;"
    + "--finding:#ffb075;--caution:#cdb2f5;--calm:#b6c0cc;--wash:#202831;--mark:#ffffff;"

  private static func colours(_ side: KeyPath<ColourScale, [ColourScale.Colour]>) -> String {
    var text = ""
    for scale in [ColourScale.sequential, .diverging] {
      for (step, colour) in scale[keyPath: side].enumerated() {
        text += "--\(scale.letter)\(step):\(colour.text);"
        guard scale.letter == ColourScale.sequential.letter else { continue }
        text += "--i\(step):\(ColourScale.ink(on: colour).text);"
      }
    }
    return text
  }

  private static let scaleClasses = (0..<ColourScale.stepCount).map { step in
    ".s\(step){background:var(--s\(step));color:var(--i\(step));fill:var(--s\(step))}"
      + ".d\(step){color:var(--d\(step));fill:currentColor}"
  }.joined(separator: "\n")

  private static let page = """
    *{box-sizing:border-box}
    body{margin:0;background:var(--page);color:var(--ink);font:16px/1.55 system-ui,-apple-system,\
    "Segoe UI",Roboto,"Noto Sans","Liberation Sans",sans-serif;overflow-wrap:anywhere}
    main{max-width:1100px;margin:0 auto;padding:40px 24px 64px}
    h1{font-size:26px;line-height:1.25;margin:0;font-weight:650;letter-spacing:-.01em}
    h2{font-size:20px;line-height:1.3;margin:0 0 8px;font-weight:650}
    h3{font-size:17px;line-height:1.35;margin:0 0 4px;font-weight:650}
    p{margin:0 0 12px;max-width:76ch}
    ul{margin:0 0 12px;padding-left:22px;max-width:76ch}
    li{margin:0 0 6px}
    section{margin:48px 0 0}
    code{font:.88em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
    .eyebrow{margin:0 0 6px;color:var(--soft);font-size:14px}
    .soft{color:var(--soft)}
    .card{background:var(--card);border:1px solid var(--line);border-radius:12px;\
    padding:24px;margin:20px 0 0}
    .warning{border:2px solid var(--finding);font-weight:600}
    """

  private static let verdicts = """
    .verdict{border-left:6px solid var(--calm)}
    .verdict.consistent{border-left-color:var(--finding)}
    .verdict.inconclusive{border-left-color:var(--caution)}
    .badge{display:inline-flex;align-items:center;gap:7px;font-weight:650;color:var(--calm)}
    .badge.consistent{color:var(--finding)}
    .badge.inconclusive{color:var(--caution)}
    .badge svg{flex:none;fill:currentColor;stroke:currentColor;stroke-width:1.5}
    .badge .ring{fill:none}
    .verdict .badge{font-size:21px}
    .verdict .sentence{font-size:18px;line-height:1.5;margin:10px 0 14px}
    .limit{margin:0;padding:12px 14px;background:var(--wash);border-radius:8px;max-width:none}
    .notes{margin:14px 0 0}
    """

  private static let tables = """
    .scroll{overflow-x:auto;margin:0 0 8px}
    table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:14px}
    caption{text-align:left;color:var(--soft);padding:0 0 10px;font-size:14px}
    th,td{padding:9px 12px;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}
    thead th{color:var(--soft);font-weight:600;font-size:13px;line-height:1.35;\
    vertical-align:bottom}
    tbody th{font-weight:600}
    .number{text-align:right;white-space:nowrap}
    .experts{width:100%}
    .experts .reason{display:block;color:var(--soft);font-size:13px;max-width:30ch}
    .experts th,.experts td{min-width:96px}
    .experts th:first-child,.experts td:nth-child(3),.experts td:nth-child(5){min-width:128px}
    .experts thead th{overflow-wrap:normal}
    .experts .number{min-width:0}
    .experts thead .number{white-space:normal}
    .experts .badge{font-weight:600;white-space:nowrap}
    .experts .badge span{line-height:1.3}
    .matrix{border-collapse:separate;border-spacing:2px}
    .matrix th,.matrix td{border:0}
    .matrix td{text-align:center;padding:10px 6px;min-width:64px;border-radius:3px;\
    white-space:nowrap}
    .matrix td.top{outline:3px solid var(--mark);outline-offset:-3px;font-weight:700}
    .matrix thead th{text-align:center;white-space:nowrap}
    .matrix tbody th{position:sticky;left:0;background:var(--page);text-align:right;\
    white-space:nowrap;font-size:13px;vertical-align:middle}
    .matrix .axis{text-align:left;font-weight:400}
    .dense td{min-width:46px;padding:5px 4px;font-size:12px}
    .dense tbody th{padding:3px 8px;font-size:12px}
    .dense thead th.column{height:112px;padding:4px}
    .dense thead th.column span{writing-mode:vertical-rl;transform:rotate(180deg);\
    display:inline-block}
    .numbers td,.numbers th{padding:4px 8px;font-size:12px;white-space:nowrap}
    .numbers td{text-align:right}
    """

  private static let figures = """
    figure{margin:18px 0 0}
    figcaption{color:var(--soft);font-size:14px;margin:0 0 10px;max-width:86ch}
    svg{display:block;max-width:100%;height:auto}
    svg text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",\
    sans-serif;fill:var(--ink)}
    svg .quiet{fill:var(--soft)}
    svg .strong{font-weight:650}
    .cells path{stroke:currentColor}
    svg .axis{stroke:var(--soft);stroke-width:1;fill:none}
    svg .frame{stroke:var(--line);stroke-width:1;fill:none}
    svg .victim{fill:var(--ink)}
    svg .suspect{fill:none;stroke:var(--ink);stroke-width:1.5}
    .panels{display:flex;flex-wrap:wrap;gap:16px 14px}
    .panels svg{flex:none}
    details{margin:14px 0 0}
    summary{cursor:pointer;color:var(--soft);font-size:14px}
    details .scroll{margin-top:10px}
    dl{display:grid;grid-template-columns:minmax(150px,220px) 1fr;gap:8px 20px;margin:0;\
    font-size:14px}
    dt{color:var(--soft)}
    dd{margin:0}
    footer{margin:48px 0 0;color:var(--soft);font-size:13px}
    @media (max-width:640px){main{padding:24px 14px 40px}.card{padding:18px}\
    dl{grid-template-columns:1fr;gap:2px}dd{margin:0 0 10px}\
    caption{position:sticky;left:0;max-width:calc(100vw - 32px);white-space:normal}\
    caption,figcaption{overflow-wrap:break-word}\
    table{font-size:13px}th,td{padding:7px 8px}\
    .experts th,.experts td,.experts th:first-child,.experts td:nth-child(3),\
    .experts td:nth-child(5){min-width:0}\
    .scroll svg{max-width:none;min-width:620px}.panels svg{max-width:100%}}
    """

  private static let print = """
    @page{margin:14mm}
    @media print{
    :root{--page:#ffffff}
    body{font-size:11pt}
    *{print-color-adjust:exact;-webkit-print-color-adjust:exact}
    main{max-width:none;padding:0}
    section{margin:28px 0 0}
    .scroll{overflow:visible}
    h2,h3,figcaption,caption{break-after:avoid}
    .card,figure,tr,li{break-inside:avoid}
    .card{padding:12px 16px;margin:12px 0 0}
    .bars{width:46%}
    figcaption{font-size:9pt;margin:0 0 6px}
    figure{margin:10px 0 0}
    .experts{font-size:9pt}
    .experts th,.experts td{padding:5px 6px}
    .matrix td{min-width:0}
    .matrix:not(.dense){break-inside:avoid}
    .matrix tbody th{position:static}
    .wide td,.wide tbody th,.wide thead th{font-size:6.5pt;padding:2px}
    .widest{border-spacing:1px}
    .widest td,.widest tbody th,.widest thead th{font-size:3.6pt;padding:1px 0;font-weight:400}
    .widest thead th.column{height:60px}
    .widest td.top{outline-width:1px;outline-offset:-1px}
    .panels{gap:8px}
    .panels svg{width:32%}
    .panels.long svg{width:100%}
    details:not([open]){display:none}
    }
    """
}
