import type { Output } from './output.js';

/** Besides its text an output costs its headers, on the wire and here. */
const MESSAGE_BYTES = 500;
/** What the value of the last expression may take beyond the budget. */
const RESERVE_BYTES = 1_000_000;

/**
 * Bounds what a program may output, on this side: for kernels that cannot take the driver, which does it where the outputs
 * come from (output_budget.py). A text is cut between two characters, anything else passes whole or not at all, and
 * stderr says so.
 */
export class OutputBudget {
  readonly #maxBytes: number;
  #leftBytes: number;
  #hasWarned = false;
  /** Left out since the last {@link sum}. */
  #textBytes = 0;
  #displays = 0;
  #displayBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.#leftBytes = maxBytes;
  }

  /** What of an output comes, and what is to be said about that. */
  spend(output: Output): Output[] {
    switch (output.output_type) {
      case 'stream':
        return this.#spendText(output);
      case 'error':
      case 'clear_output':
        return [output];
      default: {
        const bytes = bytesOf(output) + MESSAGE_BYTES;
        const reserve = output.output_type === 'execute_result' ? RESERVE_BYTES : 0;
        if (bytes <= this.#leftBytes + reserve) {
          this.#leftBytes = Math.max(0, this.#leftBytes - bytes);
          return [output];
        }
        this.#displays += 1;
        this.#displayBytes += bytes;
        return this.#warning();
      }
    }
  }

  /** To be output when the request is over. */
  sum(): Output[] {
    const parts = [
      ...(this.#textBytes > 0 ? [`${megabytes(this.#textBytes)} of text`] : []),
      ...(this.#displays > 0
        ? [`${this.#displays} display${this.#displays > 1 ? 's' : ''} of ${megabytes(this.#displayBytes)}`]
        : []),
    ];
    this.#textBytes = this.#displays = this.#displayBytes = 0;
    return parts.length > 0 ? [note(`truncated: ${parts.join(' and ')} left out.`)] : [];
  }

  #spendText(output: Extract<Output, { output_type: 'stream' }>): Output[] {
    const text = [output.text].flat().join('');
    const bytes = bytesOf(text);
    if (bytes + MESSAGE_BYTES <= this.#leftBytes) {
      this.#leftBytes -= bytes + MESSAGE_BYTES;
      return [output];
    }
    const room = Math.min(bytes, Math.max(0, this.#leftBytes - MESSAGE_BYTES));
    const { read, written } = encoder.encodeInto(text, new Uint8Array(room));
    this.#leftBytes = 0;
    this.#textBytes += bytes - written;
    return [...(read > 0 ? [{ ...output, text: text.slice(0, read) }] : []), ...this.#warning()];
  }

  #warning(): Output[] {
    if (this.#hasWarned) return [];
    this.#hasWarned = true;
    return [
      note(
        `the output of this run exceeds ${megabytes(this.#maxBytes)}; what exceeds it is left out. Write it to a file, ` +
          'or allow more (--max-output MB, maxOutputBytes).',
      ),
    ];
  }
}

const encoder = new TextEncoder();

function note(text: string): Output {
  return { output_type: 'stream', name: 'stderr', text: `\n[eager: ${text}]\n` };
}

/** Of the texts in a value, in UTF-8. */
function bytesOf(value: unknown): number {
  if (typeof value === 'string') return isAscii(value) ? value.length : encoder.encode(value).length;
  if (typeof value !== 'object' || value === null) return 8;
  return Object.entries(value).reduce((sum, [key, item]) => sum + key.length + bytesOf(item), 0);
}

function isAscii(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are ASCII.
  return /^[\x00-\x7f]*$/.test(text);
}

function megabytes(bytes: number): string {
  return bytes >= 100_000 ? `${(bytes / 1e6).toFixed(1)} MB` : `${bytes} bytes`;
}
