/* The report's look: the page's colours and sizes, in light and dark, and on paper. */
#include "app/report.h"

const char report_style[] =
    ":root{color-scheme:light dark;--bg:#fcfcfb;--fill:#f3f4f3;--line:#e2e4e3;--line-strong:#c3c8c7;--ink:#15191b;--ink-2:#454d51;--ink-3:#5f676b;"
    "--high:#c5271d;--high-ink:#b0211a;--medium:#d5640f;--medium-ink:#9b4906;--low:#ac8600;--low-ink:#715a00;--bar:#6f8d9b;--ghost:#bcc4c7;--hatch:#aab1b3}\n"
    "@media (prefers-color-scheme:dark){:root{--bg:#111416;--fill:#191d20;--line:#262c30;--line-strong:#414a4f;--ink:#e6eaeb;--ink-2:#b0b9bc;--ink-3:#8f999d;"
    "--high:#ee5a4d;--high-ink:#ff8f84;--medium:#ec8a35;--medium-ink:#f3a75e;--low:#cfae2b;--low-ink:#dcc255;--bar:#68899a;--ghost:#4a5459;--hatch:#4d575c}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0 auto;max-width:1440px;padding:24px;background:var(--bg);color:var(--ink);font:13px/1.45 -apple-system,\"Segoe UI\",Roboto,\"Noto Sans\",Cantarell,"
    "\"Liberation Sans\",Arial,sans-serif;font-variant-numeric:tabular-nums}\n"
    "h1{font-size:20px;line-height:1.25;margin:0 0 8px}h2{font-size:15px;margin:0 0 12px}h3{font-size:13px;margin:0 0 4px}p{margin:0 0 8px}\n"
    "header p,.meta{color:var(--ink-3)}.status{font-size:26px;line-height:1.25;font-weight:600;margin:16px 0;max-width:44em}\n"
    "main>section{border-top:1px solid var(--line-strong);padding-top:24px;margin-top:32px}\n"
    "dl.tiles{display:grid;grid-template-columns:repeat(4,1fr);gap:12px 40px;margin:0}dl.tiles div{min-width:0}dl.tiles dt{font-size:12px;color:var(--ink-3)}"
    "dl.tiles dd{margin:0}dl.tiles dd.figure{font-size:26px;line-height:1.25;font-weight:600}\n"
    "table{border-collapse:collapse;width:100%}th{font-size:12px;font-weight:400;color:var(--ink-3);text-align:left;vertical-align:bottom}"
    "th,td{padding:5px 12px 5px 0;border-bottom:1px solid var(--line);vertical-align:top}th.n,td.n{text-align:right}td.n{white-space:nowrap}td.why{min-width:22em}\n"
    "code{font:12px/1.4 ui-monospace,\"SF Mono\",\"Cascadia Mono\",\"DejaVu Sans Mono\",Menlo,Consolas,monospace;overflow-wrap:anywhere;white-space:pre-wrap}\n"
    "time{white-space:nowrap}.wide{overflow-x:auto;margin-bottom:24px}td.s{white-space:nowrap}td.s.high{color:var(--high-ink)}td.s.medium{color:var(--medium-ink)}td.s.low{color:var(--low-ink)}td.s.none{color:var(--ink-3)}\n"
    ".lists{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:24px 40px}.lists #top-src{grid-column:1/-1}\n"
    ".list td:first-child{width:40%;overflow-wrap:anywhere}.wide:focus-visible{outline:2px solid var(--ink-2);outline-offset:2px}.list td.n{width:1%}.nb{white-space:nowrap}td.bar{width:35%;padding-top:10px}td.bar svg{display:block;width:100%;height:8px}td.bar rect{fill:var(--bar)}\n"
    ".chart{display:block;width:100%;height:auto}.chart text{font-size:11px;fill:var(--ink-3)}.chart text.y{text-anchor:end}.grid{stroke:var(--line)}"
    ".chart .high{fill:var(--high)}.chart .medium{fill:var(--medium)}.chart .low{fill:var(--low)}.chart .label{fill:var(--bar)}.chart .all{fill:var(--ghost)}"
    ".chart .burst{fill:var(--ink)}.chart .gap{fill:url(#hatch)}.hatch{stroke:var(--hatch);stroke-width:2}\n"
    ".key{display:flex;flex-wrap:wrap;gap:4px 20px;font-size:12px;color:var(--ink-2);list-style:none;margin:8px 0 0;padding:0}.key svg.chart{display:inline-block;width:12px;height:12px;margin-right:6px;vertical-align:-2px}\n"
    "footer{border-top:1px solid var(--line-strong);margin-top:32px;padding-top:12px;color:var(--ink-3)}\n"
    "@media (max-width:900px){body{padding:16px}dl.tiles,.lists{grid-template-columns:repeat(2,minmax(0,1fr))}}@media (max-width:600px){.lists{grid-template-columns:minmax(0,1fr)}.status{font-size:20px}}\n"
    "@media print{:root{color-scheme:light;--bg:#fff;--fill:#f3f4f3;--line:#e2e4e3;--line-strong:#c3c8c7;--ink:#000;--ink-2:#333;--ink-3:#555;--high:#c5271d;--high-ink:#b0211a;"
    "--medium:#d5640f;--medium-ink:#9b4906;--low:#ac8600;--low-ink:#715a00;--bar:#6f8d9b;--ghost:#bcc4c7;--hatch:#aab1b3}th,dl.tiles dt,.key{font-size:9px}@page{size:A4 landscape;margin:12mm}"
    "body{max-width:none;padding:0;font-size:10px;print-color-adjust:exact;-webkit-print-color-adjust:exact}.status{font-size:18px}dl.tiles dd.figure{font-size:18px}"
    "main>section{margin-top:16px;padding-top:12px}tr,.chart,.list{break-inside:avoid}h2,h3{break-after:avoid}thead{display:table-header-group}.wide{overflow:visible}td.why{min-width:0}}\n";

const char report_map_style[] =
    ".world{max-width:900px;margin-bottom:8px}.world path{fill:var(--fill);stroke:var(--line-strong);stroke-width:.5}.world .s1{fill:color-mix(in srgb,var(--bar) 20%,var(--fill))}"
    ".world .s2{fill:color-mix(in srgb,var(--bar) 40%,var(--fill))}.world .s3{fill:color-mix(in srgb,var(--bar) 60%,var(--fill))}.world .s4{fill:color-mix(in srgb,var(--bar) 80%,var(--fill))}"
    ".world circle{fill-opacity:.75;stroke:var(--bg);stroke-width:1}.world text{fill:var(--ink);stroke:var(--bg);stroke-width:3;paint-order:stroke}\n"
    "#unlocated{margin-bottom:20px}#top-src td:first-child{white-space:nowrap}@media (max-width:600px){.world text{display:none}}\n";
