interface Palette {
  readonly background: string;
  readonly lane: string;
  readonly grid: string;
  readonly ink: string;
  readonly faint: string;
  readonly tokens: string;
  readonly bar: string;
  readonly closing: string;
  readonly failed: string;
  readonly held: string;
  readonly bound: string;
  readonly saved: string;
}

const light: Palette = {
  background: '#ffffff',
  lane: '#f3f5f8',
  grid: '#e2e6eb',
  ink: '#1f2328',
  faint: '#59636e',
  tokens: '#8e7cc3',
  bar: '#0b63b8',
  closing: '#0d7a80',
  failed: '#c22b2b',
  held: '#e0b34a',
  bound: '#b54708',
  saved: '#1a7348',
};

const dark: Palette = {
  background: '#0f1318',
  lane: '#191f27',
  grid: '#262d36',
  ink: '#e8ecf1',
  faint: '#9aa4af',
  tokens: '#8f7fd0',
  bar: '#2470c8',
  closing: '#12868c',
  failed: '#d23f3f',
  held: '#8a6d1f',
  bound: '#f5a04c',
  saved: '#4cc38a',
};

/**
 * The style sheet of a timeline picture. Rules are scoped to its class, because a style sheet inside an SVG that
 * is part of a page applies to the whole page; and they use no custom properties, which many viewers ignore.
 */
export const timelineStyle = [
  shapes(),
  colours(light),
  `@media (prefers-color-scheme: dark) {`,
  colours(dark),
  '}',
].join('\n');

function shapes(): string {
  return scope(`
    text { font: 12px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif; font-variant-numeric: tabular-nums }
    .title { font-size: 20px; font-weight: 600 }
    .heading { font-size: 15px; font-weight: 600 }
    .lane-name, .lane-count, .last-token-label, .saving-label { text-anchor: end }
    .lane-count, .tick { font-size: 11px }
    .tick, .bar-label, .cross { text-anchor: middle }
    .last-token-label, .lower-bound-label, .end-label, .saving-label { stroke-width: 4; stroke-linejoin: round; paint-order: stroke }
    .end-label { font-size: 13px; font-weight: 600 }
    .bar-label { font: 10px ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace; pointer-events: none }
    .cross { font-size: 13px; font-weight: 700 }
    .saving-label { font-weight: 600 }
    .pause { stroke-dasharray: 3 3 }
    .closed { stroke-width: 1.5; fill: none }
    .waits { stroke-width: 1; fill: none }
    .last-token { stroke-width: 1.5; stroke-dasharray: 4 3 }
    .lower-bound { stroke-width: 2 }
    .held { stroke-width: 1; stroke-dasharray: 3 2 }
    .running { stroke-width: 1.5; stroke-dasharray: 3 2 }
    .saved path, .slower path { stroke-width: 1.5; fill: none }`);
}

function colours({
  background,
  lane,
  grid,
  ink,
  faint,
  tokens,
  bar,
  closing,
  failed,
  held,
  bound,
  saved,
}: Palette): string {
  return scope(`
    .background { fill: ${background} }
    .lane { fill: ${lane} }
    .grid { stroke: ${grid}; fill: none }
    .axis { stroke: ${faint} }
    text { fill: ${ink} }
    .caption, .lane-count, .tick, .axis-name, .key, .pause-label, .last-token-label { fill: ${faint} }
    .last-token-label, .lower-bound-label, .end-label, .saving-label { stroke: ${background} }
    .pause { fill: ${background}; stroke: ${faint} }
    .tokens { fill: ${tokens} }
    .closed { stroke: ${ink} }
    .waits { stroke: ${faint} }
    .bar { fill: ${bar} }
    .closing { fill: ${closing} }
    .failed { fill: ${failed} }
    .held { fill: ${held}; stroke: ${faint} }
    .running { stroke: ${ink} }
    .bar-label { fill: #ffffff }
    .cross { fill: ${failed} }
    .last-token { stroke: ${faint} }
    .lower-bound { stroke: ${bound} }
    .lower-bound-label { fill: ${bound} }
    .saved path { stroke: ${saved} }
    .saved text { fill: ${saved} }
    .slower path { stroke: ${failed} }
    .slower text { fill: ${failed} }`);
}

/** Prefixes every selector, one rule a line. */
function scope(rules: string): string {
  return rules
    .split('\n')
    .filter((rule) => rule.trim() !== '')
    .map((rule) => {
      const [selectors = '', ...declarations] = rule.trim().split('{');
      const scoped = selectors.split(',').map((selector) => `.eager-timeline ${selector.trim()}`);
      return `${scoped.join(', ')} {${declarations.join('{')}`;
    })
    .join('\n');
}
