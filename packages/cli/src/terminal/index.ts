export { comparisonText, followRun } from './comparison.js';
export { type RunView, runView, type Streams } from './run-view.js';
export { summaryLines } from './summary.js';
export { type Theme, themeFor } from './theme.js';
