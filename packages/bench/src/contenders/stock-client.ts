import { type Chunk, segment } from '@eager/detection';
import { CellOutputs } from '@eager/engine';
import { fromRecording, startClock, type Token } from '@eager/generation';
import { type Kernel, KernelManager, ServerConnection } from '@jupyterlab/services';
import { concatMap, lastValueFrom, tap } from 'rxjs';
import type { Environment } from '../environments/index.js';
import type { Contender, RunResult, Session } from './contender.js';
import { startCpuTime } from './cpu-time.js';

export const stockClient: Contender = {
  label: 'Stock client',
  about:
    '@jupyterlab/services as it is: each statement by a request of its own, sent when the one before it is done, so that ' +
    'nothing runs after an error',
  open: (environment) => StockSession.start(environment),
};

/**
 * Statements are found by our detection: what is compared is the way to the kernel. Figures are shown once at the end, as
 * all others do; left alone, the kernel would show and close them after each request, which is less work and another
 * result.
 */
class StockSession implements Session {
  readonly #connection: Kernel.IKernelConnection;
  readonly #manager: KernelManager;

  static async start({ server }: Environment): Promise<StockSession> {
    if (!server) throw new Error('The stock client needs a Jupyter server.');
    silenceDebug();
    const serverSettings = ServerConnection.makeSettings({
      baseUrl: server.url,
      wsUrl: server.url.replace(/^http/, 'ws'),
      token: server.token,
    });
    const manager = new KernelManager({ serverSettings });
    const connection = await manager.startNew({ name: 'python3' });
    const { content } = await connection.requestExecute({ code: DEFER_FIGURES, silent: true }).done;
    if (content.status !== 'ok') throw new Error('The kernel of the stock client could not be set up.');
    return new StockSession(connection, manager);
  }

  private constructor(connection: Kernel.IKernelConnection, manager: KernelManager) {
    this.#connection = connection;
    this.#manager = manager;
  }

  async run(tokens: readonly Token[]): Promise<RunResult> {
    const cpuMs = await startCpuTime(tokens);
    const clock = startClock();
    const outputs = new CellOutputs();
    const sums = { executionMs: 0, statements: 0, batches: 0 };
    let generationMs = 0;
    let status: RunResult['status'] = 'ok';
    const request = async (code: string): Promise<boolean> => {
      const startMs = clock();
      const future = this.#connection.requestExecute({ code, stop_on_error: true, allow_stdin: false });
      future.onIOPub = ({ header, content }) => {
        if (!OUTPUTS.has(header.msg_type)) return;
        const output = { output_type: header.msg_type, ...content };
        outputs.add(output as Parameters<typeof outputs.add>[0]);
      };
      const { content } = await future.done;
      sums.batches++;
      sums.executionMs += clock() - startMs;
      return content.status === 'ok';
    };
    const tokens$ = fromRecording({ model: 'paced', ttftMs: tokens[0]?.atMs ?? 0, tokens }, { clock });
    const chunks$ = tokens$.pipe(
      tap(({ atMs }) => {
        generationMs = atMs;
      }),
      segment(clock),
    );
    const runs$ = chunks$.pipe(
      tap(() => {
        sums.statements++;
      }),
      // In turn. The model is heard out after an error, as in an eager run.
      concatMap(async ({ code }: Chunk) => {
        if (status === 'ok' && !(await request(code))) status = 'error';
      }),
    );
    await lastValueFrom(runs$, { defaultValue: undefined });
    await request(SHOW_FIGURES);
    const endToEndMs = Math.max(clock(), generationMs);
    return {
      status,
      generationMs,
      endToEndMs,
      ...sums,
      heldMs: 0,
      engineCpuMs: cpuMs(),
      outputs: outputs.toArray(),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection.shutdown();
    this.#connection.dispose();
    this.#manager.dispose();
  }
}

const OUTPUTS: ReadonlySet<string> = new Set([
  'stream',
  'display_data',
  'execute_result',
  'error',
  'clear_output',
  'update_display_data',
]);

/** Keeps matplotlib's inline backend from showing figures after each request. */
const DEFER_FIGURES = `
_deferred = []
def _register(event, function, _register=get_ipython().events.register):
    if getattr(function, "__name__", "") == "flush_figures":
        _deferred.append(function)
    else:
        _register(event, function)
get_ipython().events.register = _register
del _register
`;

const SHOW_FIGURES = 'for _show in _deferred: _show()\n';

/** The library logs the life of each connection. */
function silenceDebug(): void {
  console.debug = () => {};
}
