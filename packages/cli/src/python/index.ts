export {
  BENCH_PACKAGES,
  DATA_PACKAGES,
  HARNESS_PACKAGES,
  OLDEST_TEST_PACKAGES,
  RUN_PACKAGES,
  TEST_PACKAGES,
} from './packages.js';
export { type PreparedPython, type PrepareOptions, preparePython } from './prepare.js';
export { PythonSetupError, type SetupProblem } from './setup-error.js';
