export { type Clock, startClock } from './clock.js';
export type { Token } from './token.js';
