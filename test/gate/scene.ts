import type { Policy } from '@eager/detection';
import { embeddedKernel, type Kernel } from '@eager/execution';
import { python } from '../python.js';
import { OpenRun, type Outputs, stdoutOf, wholeRun } from './open-run.js';
import type { Row } from './table.js';
import { childrenOf, World } from './world.js';

/** A row of the table, played up to the point from which nothing more can happen before generation ends. */
export interface PlayedRow {
  readonly run: OpenRun;
  /** The state of the world when the program began. */
  readonly before: string;
  /** What the program has started so far that did not run when it began. */
  newChildren(): readonly string[];
}

/** A kernel in a world of its own. */
export class Scene implements AsyncDisposable {
  readonly kernel: Kernel;
  readonly world: World;
  readonly #pid: number;
  #run: OpenRun | undefined;

  private constructor(kernel: Kernel, world: World, pid: number) {
    this.kernel = kernel;
    this.world = world;
    this.#pid = pid;
  }

  static async open(): Promise<Scene> {
    const world = await World.open();
    const kernel = embeddedKernel({ python, env: { NO_PROXY: '127.0.0.1', MPLBACKEND: 'agg' } });
    const pid = stdoutOf(await wholeRun(kernel, 'import os; print(os.getpid())'));
    return new Scene(kernel, world, Number(pid));
  }

  /** Makes a fresh folder the kernel's, and runs the row's earlier cell; gives the folder. */
  async begin({ name, earlier }: Pick<Row, 'name' | 'earlier'>): Promise<string> {
    const folder = this.world.begin(name);
    await wholeRun(this.kernel, `import os; os.chdir(${JSON.stringify(folder)})`);
    if (earlier) await wholeRun(this.kernel, this.world.fill(earlier));
    return folder;
  }

  /** Runs the row in a plain cell. */
  async runWhole(row: Row): Promise<Outputs> {
    await this.begin(row);
    return wholeRun(this.kernel, this.world.fill(row.program), { input });
  }

  async play(row: Row, policy: Policy): Promise<PlayedRow> {
    await this.begin(row);
    const before = await this.world.state();
    const startsProcesses = /process|dynamic/.test(Object.values(row.expected).join());
    const children = () => (startsProcesses ? childrenOf(this.#pid) : []);
    const childrenBefore = children();
    const run = new OpenRun(this.kernel, this.world.fill(row.program), policy, { input });
    this.#run = run;
    if (!row.isWholeCell) await run.settled();
    return {
      run,
      before,
      newChildren: () => children().filter((child) => !childrenBefore.includes(child)),
    };
  }

  /** Whether the last program still runs. */
  get isBusy(): boolean {
    return this.#run?.status === undefined && this.#run !== undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kernel[Symbol.asyncDispose]();
    await this.world[Symbol.asyncDispose]();
  }
}

const input = async () => 'Ada';
