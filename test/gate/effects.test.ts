import { readFileSync } from 'node:fs';
import {
  ask,
  deny,
  type Effect,
  EffectAnalysis,
  effects,
  off,
  type Policy,
  paper,
  Segmenter,
} from '@eager/detection';
import { differences } from '@eager/engine';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { OpenRun } from './open-run.js';
import { type PlayedRow, Scene } from './scene.js';
import { classesOf, isAsked, isDenied, type Row, rows, type When } from './table.js';

/** Every fourth effect, or all with EAGER_GATE=full, which takes some minutes. */
const played = process.env.EAGER_GATE === 'full' ? rows : rows.filter((_, index) => index % 4 === 0);

it('has at least 80 effects, each under a name of its own', () => {
  expect(rows.length).toBeGreaterThanOrEqual(80);
  expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
});

it('lists in the documentation what neither layer sees', () => {
  const documentation = readFileSync(new URL('../../packages/detection/GATE.md', import.meta.url), 'utf8');
  const lines = documentation.split('\n').filter((line) => line.startsWith('- '));
  const listed = lines.flatMap((line) => [...line.matchAll(/\*(.+?)\*/g)].map(([, name]) => name));
  const unseen = rows.filter(({ expected }) => expected.effects === 'UNSEEN').map(({ name }) => name);
  expect(listed.toSorted()).toEqual(unseen.toSorted());
});

describe('static analysis', () => {
  it.each(rows)('sees what the table says: $name', (row) => {
    expectColumn(row, 'static', classesOf(staticEffects(row)));
  });
});

// The first group says what the others must end with.
describe('in a plain cell', () => {
  inScene((scene) => {
    it.each(played)('it happens: $name', async (row) => {
      const outputs = await scene().runWhole(row);
      references.set(row.name, { outputs, state: await scene().world.state() });
    });
  });
});

describe('without a gate', () => {
  inScene((scene) => {
    // The check of the checks: what the other groups do not find early, they could have found.
    it.each(played)('it is early: $name', async (row) => {
      const played = await scene().play(row, off());
      await expectEarly(row, played, scene());
      await expectSerialEnd(row, played, scene());
    });
  });
});

describe('with a hook that takes notes', () => {
  inScene((scene) => {
    it.each(played)('it is seen as the table says: $name', async (row) => {
      const noted: Effect[] = [];
      const policy: Policy = {
        name: 'notes',
        judge: () => ({ kind: 'run' }),
        permit(effect) {
          noted.push(effect);
          return isThread(effect) ? 'hold' : 'allow';
        },
      };
      const played = await scene().play(row, policy);
      expectColumn(row, 'hook', classesOf(noted));
      await expectSerialEnd(row, played, scene());
    });
  });
});

describe('under `effects`', () => {
  inScene((scene) => {
    it.each(played)('it waits, and then it happens as in a plain cell: $name', async (row) => {
      const played = await scene().play(row, effects());
      const when = await whenOf(row, played, scene());
      expectColumn(row, 'effects', when === 'early' ? 'UNSEEN' : when);
      if (played.run.held) expect(played.newChildren()).toEqual([]);
      await expectSerialEnd(row, played, scene());
    });
  });
});

describe('under `paper`', () => {
  inScene((scene) => {
    it.each(played)('it waits only behind the import of a listed module: $name', async (row) => {
      const played = await scene().play(row, paper());
      expectColumn(row, 'paper', await whenOf(row, played, scene()));
      await expectSerialEnd(row, played, scene());
    });
  });
});

describe('under `deny`', () => {
  inScene((scene) => {
    it.each(played)('it never happens: $name', async (row) => {
      const played = await scene().play(row, deny());
      if (!isDenied(row.expected)) return expectSerialEnd(row, played, scene());
      await played.run.end();
      expect(played.run.reasons('deny')[0]).toMatch(/^not permitted: .* \(line \d+\)$/);
      // Python goes on when destructors and callbacks raise.
      if (played.run.error) expect(played.run.error).toMatch(/not permitted: /);
      expect(played.run.stdout.includes('after')).toBe(played.run.error === undefined);
      expect(played.newChildren()).toEqual([]);
      expect(await scene().world.state()).toBe(played.before);
    });
  });
});

describe('under `ask`', () => {
  inScene((scene) => {
    it.each(played)('it waits for the answer, and happens then: $name', async (row) => {
      const statesAtQuestions: string[] = [];
      const policy = ask(async (effect) => {
        statesAtQuestions.push(await scene().world.state());
        return isThread(effect) ? 'hold' : 'allow';
      });
      const played = await scene().play(row, policy);
      expect(statesAtQuestions.length > 0).toBe(isAsked(row.expected));
      if (isAsked(row.expected)) expect(statesAtQuestions[0]).toBe(played.before);
      if (!played.run.held) await expectEarly(row, played, scene());
      await expectSerialEnd(row, played, scene());
    });
  });
});

/** How a row ends that nothing held up. */
const references = new Map<string, { readonly outputs: OpenRun['outputs']; readonly state: string }>();

function referenceOf({ name }: Row) {
  const reference = references.get(name);
  if (!reference) throw new Error(`${name} has not run in a plain cell; run the whole file.`);
  return reference;
}

/** What a thread does that was allowed to start is denied, because only the main thread can ask. */
function isThread({ what }: Effect): boolean {
  return what === 'starts a thread';
}

/** Opens a scene for the tests that `define` defines. */
function inScene(define: (scene: () => Scene) => void): void {
  let scene: Scene | undefined;
  beforeAll(async () => {
    scene = await Scene.open();
  });
  // A program that hangs must not take the others with it.
  afterEach(async () => {
    if (!scene?.isBusy) return;
    await scene[Symbol.asyncDispose]();
    scene = await Scene.open();
  });
  afterAll(() => scene?.[Symbol.asyncDispose]());
  define(() => {
    if (!scene) throw new Error('The scene is open while tests run.');
    return scene;
  });
}

function staticEffects({ program }: Row): Effect[] {
  const analysis = new EffectAnalysis();
  const segmenter = new Segmenter();
  const chunks = [...segmenter.feed(program, 0), ...segmenter.end(0)];
  return chunks.flatMap((chunk) => analysis.analyse(chunk));
}

async function whenOf(row: Row, { run, before }: PlayedRow, { world }: Scene): Promise<When> {
  const isSame = (await world.state()) === before;
  if (!isSame) return 'early';
  if (row.isWholeCell) return 'starts late';
  if (!run.held) return 'runs';
  return run.hasStarted(run.held.chunk.id) ? 'stops' : 'starts late';
}

/** The world has changed although generation has not ended, if the program changes it at all. */
async function expectEarly(row: Row, { before }: PlayedRow, { world }: Scene): Promise<void> {
  if (row.isWholeCell || referenceOf(row).state === before) return;
  await expect.poll(() => world.state()).not.toBe(before);
}

/** Generation ends, and outputs and world are those of a plain cell. */
async function expectSerialEnd(row: Row, { run }: PlayedRow, { world }: Scene): Promise<void> {
  await run.end();
  const { outputs, state } = referenceOf(row);
  expect(differences(outputs, run.outputs)).toEqual([]);
  await expect.poll(() => world.state()).toBe(state);
}

function expectColumn({ expected }: Row, column: keyof Row['expected'], value: string): void {
  expect(value).toBe(expected[column]);
}
