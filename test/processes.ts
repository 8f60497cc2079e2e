import { readdirSync, readFileSync } from 'node:fs';

/** The processes that name the folder in their command or environment. On Linux. */
export function processesOf(folder: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) =>
      ['cmdline', 'environ'].some((file) => readIfThere(`/proc/${pid}/${file}`).includes(folder)),
    )
    .map(Number);
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
