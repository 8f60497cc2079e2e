import type { Output } from '@eager/execution';
import type {
  IDisplayData,
  IError,
  IExecuteResult,
  IOutput,
  IStream,
  MultilineString,
} from '@jupyterlab/nbformat';

/**
 * What a notebook holds after a program has published `published`: a fold by the rules that notebook front ends
 * follow.
 *
 * - Consecutive streams of one name are one output. `\r` and `\b` stay in the text: they are for a terminal.
 * - `clear_output` drops everything before it, at once or, with `wait`, when the next output is there.
 * - `update_display_data` replaces data and metadata of every display with its id, wherever it stands, and is no
 *   output itself; if there is no such display it does nothing.
 * - `transient` is not saved.
 *
 * @see https://jupyter-client.readthedocs.io/en/stable/messaging.html#messages-on-the-iopub-pub-sub-channel
 */
export function finalOutputs(published: Iterable<Output>): IOutput[] {
  const cell = new CellOutputs();
  for (const output of published) cell.add(output);
  return cell.toArray();
}

/** The outputs of one cell while they are published. {@link finalOutputs} tells the rules. */
export class CellOutputs {
  #outputs: SavedOutput[] = [];
  /** Where the displays of each id stand in the outputs. */
  readonly #displays = new Map<string, number[]>();
  #clearsBeforeNext = false;

  add(output: Output): void {
    switch (output.output_type) {
      case 'clear_output':
        if (output.wait) this.#clearsBeforeNext = true;
        else this.#clear();
        return;
      case 'update_display_data':
        this.#update(output);
        return;
      default:
        if (this.#clearsBeforeNext) this.#clear();
        this.#append(output);
    }
  }

  /** The outputs as a notebook holds them now. Later additions do not change the array. */
  toArray(): IOutput[] {
    return [...this.#outputs];
  }

  #clear(): void {
    this.#outputs = [];
    this.#displays.clear();
    this.#clearsBeforeNext = false;
  }

  #append(output: Exclude<Output, { output_type: 'clear_output' | 'update_display_data' }>): void {
    if (output.output_type === 'stream') {
      const text = joinLines(output.text);
      const last = this.#outputs.at(-1);
      if (last?.output_type === 'stream' && last.name === output.name) {
        this.#outputs[this.#outputs.length - 1] = { ...last, text: joinLines(last.text) + text };
      } else {
        this.#outputs.push({ output_type: 'stream', name: output.name, text });
      }
      return;
    }
    if (output.output_type === 'error') {
      this.#outputs.push(output);
      return;
    }
    const { transient, ...saved } = output;
    const id = transient?.display_id;
    if (id !== undefined) {
      const indices = this.#displays.get(id) ?? [];
      indices.push(this.#outputs.length);
      this.#displays.set(id, indices);
    }
    this.#outputs.push(saved);
  }

  #update({ data, metadata, transient }: Extract<Output, { output_type: 'update_display_data' }>): void {
    const indices = this.#displays.get(transient?.display_id ?? '') ?? [];
    for (const index of indices) {
      const display = this.#outputs[index];
      if (display?.output_type !== 'display_data' && display?.output_type !== 'execute_result') continue;
      this.#outputs[index] = { ...display, data, metadata };
    }
  }
}

type SavedOutput = IStream | IDisplayData | IExecuteResult | IError;

function joinLines(text: MultilineString): string {
  return typeof text === 'string' ? text : text.join('');
}
