/** The Python interpreter that tests run kernels with: it must have ipykernel. */
export const python = process.env.EAGER_PYTHON ?? 'python3';

/** All interpreters to run kernels with: that one, and one with the oldest ipykernel that is supported, if there is. */
export const pythons: readonly string[] = [python, process.env.EAGER_PYTHON_6 ?? []].flat();
