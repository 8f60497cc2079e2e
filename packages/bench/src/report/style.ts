/** The look of the report, on light and on dark. Charts are coloured by classes alone. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ink: #1d2430; --soft: #5b6675; --rule: #e3e7ec; --panel: #f6f8fa;
  --ttft: #d5dae1; --writing: #a9b6c6; --wait: #e2603f;
  --serial: #7d8896; --eager: #0a7f78; --batch: #4a8fdc; --paper-recipe: #d9822b; --stock: #7e5cc4;
  --w1: #3b6fd4; --w2: #b0447f; --w3: #6b8320; --w4: #b8601a; --w5: #5d6775;
  --met: #14763b; --missed: #b93121; --band: #0a7f7818;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #12161c; --ink: #e6eaf0; --soft: #98a3b3; --rule: #2a323d; --panel: #1a2029;
    --ttft: #3a4350; --writing: #566375; --wait: #ff7d5c;
    --serial: #8f9bab; --eager: #2fc4b6; --batch: #79b0ff; --paper-recipe: #f0a050; --stock: #b095f0;
    --w1: #7aa7ff; --w2: #f07fb2; --w3: #b6d04c; --w4: #f0a050; --w5: #aab4c2;
    --met: #4cc47e; --missed: #ff8270; --band: #2fc4b622;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif; }
main { max-width: 940px; margin: 0 auto; padding: 40px 24px 80px; }
h1 { font-size: 30px; line-height: 1.2; margin: 0 0 8px; letter-spacing: -0.01em; }
h2 { font-size: 21px; margin: 56px 0 6px; letter-spacing: -0.005em; }
h3 { font-size: 16px; margin: 26px 0 0; }
h3 + p { margin: 0 0 4px; }
p { margin: 6px 0 16px; max-width: 70ch; }
.machine, .muted, figcaption { color: var(--soft); font-size: 14px; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(180px, 1fr)); gap: 12px; margin: 24px 0 0; }
.figure { background: var(--panel); border: 1px solid var(--rule); border-radius: 10px; padding: 14px 16px; }
.figure b { display: block; font-size: 26px; line-height: 1.2; color: var(--eager); font-variant-numeric: tabular-nums; }
.figure span { display: block; margin-top: 4px; font-size: 13px; line-height: 1.4; color: var(--soft); }
figure { margin: 12px 0 22px; max-width: 860px; }
figcaption { margin-top: 2px; }
svg { display: block; width: 100%; height: auto; font: 12px system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif; }
.scroll { overflow-x: auto; margin: 12px 0 20px; }
table { border-collapse: collapse; width: 100%; font-size: 13.5px; line-height: 1.4; }
th { text-align: left; font-weight: 600; color: var(--soft); font-size: 13px; }
th, td { padding: 6px 12px 6px 0; border-bottom: 1px solid var(--rule); vertical-align: top; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.met { color: var(--met); font-weight: 600; }
.missed { color: var(--missed); font-weight: 600; }
details { margin: 10px 0; }
summary { cursor: pointer; color: var(--soft); font-size: 14px; }
details table { font-size: 12.5px; }
.legend { display: flex; flex-wrap: wrap; gap: 6px 18px; font-size: 13.5px; color: var(--soft); margin: 8px 0; }
.key { display: inline-flex; align-items: center; gap: 7px; }
.key i { width: 13px; height: 13px; border-radius: 3px; background: currentColor; flex: none; }
.key i.ttft { background: var(--ttft); } .key i.writing { background: var(--writing); } .key i.wait { background: var(--wait); }
.key i.bound { width: 3px; height: 16px; background: var(--ink); }
rect.ttft { fill: var(--ttft); } rect.writing { fill: var(--writing); } rect.wait { fill: var(--wait); }
rect.band { fill: var(--band); }
text { fill: var(--ink); }
.tick, .axis, .value { fill: var(--soft); }
.axis { font-size: 12.5px; }
.value { font-variant-numeric: tabular-nums; }
.strong { font-weight: 600; }
.grid { stroke: var(--rule); }
.diagonal { stroke: var(--soft); stroke-dasharray: 3 4; opacity: 0.7; }
.line { fill: none; stroke: currentColor; stroke-width: 2.2; stroke-linejoin: round; }
.dot { fill: currentColor; stroke: var(--paper); stroke-width: 1; }
.saved { stroke: var(--eager); stroke-width: 5; opacity: 0.28; }
.bound { stroke: var(--ink); stroke-width: 2; }
.c-serial { color: var(--serial); } .c-eager { color: var(--eager); } .c-request-per-batch { color: var(--batch); }
.c-paper-recipe { color: var(--paper-recipe); } .c-stock-client { color: var(--stock); }
.w1 { color: var(--w1); } .w2 { color: var(--w2); } .w3 { color: var(--w3); } .w4 { color: var(--w4); } .w5 { color: var(--w5); }
.t1 { fill: var(--w1); } .t2 { fill: var(--w2); } .t3 { fill: var(--w3); } .t4 { fill: var(--w4); } .t5 { fill: var(--w5); }
@media print { details { display: none; } }
`;
