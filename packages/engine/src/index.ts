export type { ProgramError, RunEvent, RunStatus, RunSummary } from './events.js';
