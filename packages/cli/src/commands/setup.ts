import { EXIT } from '../exit-codes.js';
import { choosePython, type PythonOptions } from '../python-options.js';

/** `eager setup`: prepares the Python that runs use, and says which one that is. */
export async function setupCommand(
  options: PythonOptions & { json?: boolean },
  signal: AbortSignal,
): Promise<number> {
  const { python, version, ipykernel, origin } = await choosePython(options, signal);
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ v: 1, type: 'python', python, version, ipykernel, origin })}\n`
      : `Python ${version} with ipykernel ${ipykernel} is ready: ${python}\n`,
  );
  return EXIT.ok;
}
