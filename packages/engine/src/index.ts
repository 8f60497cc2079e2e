export { differences } from './equality.js';
export type { ProgramError, RunEvent, RunStatus, RunSummary } from './events.js';
export { formatMs, formatShare } from './format-ms.js';
export { type NotebookProgram, toNotebook } from './notebook.js';
export { CellOutputs, finalOutputs } from './outputs.js';
export { type RunOptions, run$, runSerially$ } from './run.js';
export { type Bounds, type Distance, Timeline, timeline } from './timeline.js';
export type { BatchSpan, Closing, Failure, Statement, StatementStatus } from './timeline-facts.js';
export { type LabelledTimeline, timelineSvg } from './timeline-svg.js';
