import { readFileSync } from 'node:fs';

/** A program that a model gets wrong, with its repairs: `cases.txt` tells what they mean. */
export interface RepairCase {
  readonly title: string;
  /** `KeyError in line 3` */
  readonly fails: string;
  readonly restartsOn: 'same' | 'fresh' | 'resumed';
  readonly broken: string;
  /** Undefined where only the whole program is a repair. */
  readonly resume: string | undefined;
  readonly restart: string;
}

export function repairCases(): RepairCase[] {
  const page = readFileSync(new URL('cases.txt', import.meta.url), 'utf8');
  return page
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const program = (name: string) =>
        new RegExp(`\`\`\`python ${name}\n([\\s\\S]*?)\`\`\``).exec(section)?.[1];
      const line = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(section)?.[1] ?? '';
      const broken = program('broken') ?? '';
      const restart = program('restart') ?? '';
      if (broken === '' || restart === '') throw new Error(`A case lacks a program:\n${section}`);
      return {
        title: section.split('\n', 1)[0] ?? '',
        fails: line('fails'),
        restartsOn: line('restart') as RepairCase['restartsOn'],
        resume: program('resume'),
        ...{ broken, restart },
      };
    });
}

/** The files that the programs of the cases read. */
export const FILES: Readonly<Record<string, Uint8Array>> = {
  'sales.csv': sales('utf8'),
  'latin.csv': sales('latin1'),
  'notes/todo.txt': Buffer.from('buy beans\n'),
};

function sales(encoding: 'utf8' | 'latin1'): Uint8Array {
  const rows = [
    'Café,12,3.5,2025-03-01',
    'Mill,7,3.0,2025-03-01',
    'Café,9,3.5,2025-03-02',
    'Port,4,2.5,2025-03-03',
  ];
  return Buffer.from(`shop,cups,price,day\n${rows.join('\n')}\n`, encoding);
}
