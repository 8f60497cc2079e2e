/** A prediction of the latency model counts as right while it is within this share of the measurement. */
export const TOLERANCE_SHARE = 0.05;
