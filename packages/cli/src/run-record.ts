import { CellOutputs, type RunEvent, Timeline } from '@eager/engine';
import type { IOutput } from '@jupyterlab/nbformat';

/** What is kept of a run to look at when it is over. */
export class RunRecord {
  #timeline = Timeline.empty;
  readonly #outputs = new CellOutputs();
  readonly #texts: string[] = [];

  add(event: RunEvent): void {
    this.#timeline = this.#timeline.add(event);
    if (event.type === 'token') this.#texts.push(event.token.text);
    if (event.type === 'output') this.#outputs.add(event.output);
  }

  get timeline(): Timeline {
    return this.#timeline;
  }

  /** The outputs as a notebook holds them. */
  get outputs(): IOutput[] {
    return this.#outputs.toArray();
  }

  /** The program as far as it arrived. */
  get source(): string {
    return this.#texts.join('');
  }
}
