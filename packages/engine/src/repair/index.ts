export { RUN_PYTHON } from './answer-log.js';
export type { AttemptReport, Defeat, Solution, SolveEvent } from './events.js';
export { describeFailure, type ProgramFailure, type RanStatement } from './failure.js';
export type { FreshKernel } from './kernels.js';
export {
  REPAIR_TABLE,
  type RepairDecision,
  type RepairPolicy,
  type RepairRule,
  repairPolicy,
  type Way,
} from './policy.js';
export { type Saving, savingOf } from './saving.js';
export type { RepairLimits } from './session.js';
export { type SolveOptions, solve } from './solve.js';
export { pythonPrompt } from './system-prompt.js';
