/** The Python interpreter that tests run kernels with: it must have ipykernel. */
export const python = process.env.EAGER_PYTHON ?? 'python3';
