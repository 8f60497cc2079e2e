export { comparisonText, followRun } from './comparison.js';
export { type RunView, runView } from './run-view.js';
export { summaryLines } from './summary.js';
export { type Theme, themeFor } from './theme.js';
