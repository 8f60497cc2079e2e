/** The oldest Python that ipykernel 7 and our driver support. */
export const MINIMUM_PYTHON = '3.10';

/** The oldest ipykernel that the streamed cell is tested on. */
export const MINIMUM_IPYKERNEL = '6.29';

/** What running a program needs. */
export const RUN_PACKAGES: readonly string[] = ['ipykernel>=6.29,<8'];

/** What data analyses import most, the demo among them: the environment that we make for programs in general. */
export const DATA_PACKAGES: readonly string[] = [
  ...RUN_PACKAGES,
  'matplotlib>=3.8,<4',
  'numpy>=1.26,<3',
  'pandas>=2.1,<4',
  'seaborn>=0.13,<1',
];

/** What the tests need: the data packages, a Jupyter server, and the tools that check our own Python. */
export const TEST_PACKAGES: readonly string[] = [
  ...DATA_PACKAGES,
  'jupyter_server>=2.14,<3',
  'pytest>=8,<10',
  'ruff>=0.14,<0.16',
];

/** What the bench runs its workloads with. */
export const BENCH_PACKAGES: readonly string[] = [
  ...DATA_PACKAGES,
  'jupyter_server>=2.14,<3',
  'scikit-learn>=1.4,<2',
];

/** Another project's detection of statements, to compare ours with. */
export const HARNESS_PACKAGES: readonly string[] = [
  ...RUN_PACKAGES,
  'pydantic-ai-harness[code-mode]==0.62.0',
];

/** A second environment for the tests: the oldest kernel that we support, with the IPython of its time. */
export const OLDEST_TEST_PACKAGES: readonly string[] = [
  'ipykernel==6.29.*',
  'ipython>=8,<9',
  'matplotlib>=3.8,<4',
  'numpy>=1.26,<3',
  'pandas>=2.1,<3',
  'pytest>=8,<10',
];

/** The name in a requirement: `pandas` of `pandas>=2.1,<4`. */
export function distributionName(requirement: string): string {
  return /^[\w.-]*\w/.exec(requirement)?.[0] ?? requirement;
}
