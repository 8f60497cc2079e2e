import { test } from 'vitest';
import { Playground } from './eager.js';

const cases = [
  ['stdin', ['run', '-'], 'open'],
  ['sleep', ['run', 'p.py'], ''],
  ['loop', ['run', 'loop.py'], ''],
  ['stubborn', ['run', 'stubborn.py'], ''],
  ['compare-sleep', ['compare', 'p.py'], ''],
  ['compare-loop', ['compare', 'loop.py'], ''],
  ['compare-stubborn', ['compare', 'stubborn.py'], ''],
  ['json', ['run','--json', 'p.py'], ''],
  ['serial', ['run','--serial', 'p.py'], ''],
] as const;
test.each(cases)('%s', async (name, args, input) => {
  const p = new Playground({
    'p.py': 'import time\nprint("up", flush=True)\ntime.sleep(60)\n',
    'loop.py': 'print("up", flush=True)\nwhile True: pass\n',
    'stubborn.py': 'import time\nprint("up", flush=True)\nwhile True:\n  try:\n    time.sleep(1)\n  except KeyboardInterrupt:\n    print("no", flush=True)\n',
  });
  const r = p.start(args, { input });
  if (input) r.write('print("up")\n');
  await r.stdoutHolds('up').catch(()=>{});
  if (args[0]==='compare') await new Promise(r => setTimeout(r, 2500));
  const t = Date.now();
  r.kill('SIGINT');
  const f = await r.finished;
  console.log(name, Date.now() - t, f, p.leftovers());
}, 30000);
