import { Buffer } from 'node:buffer';
import { stripVTControlCharacters } from 'node:util';
import type { Output } from '@eager/execution';
import type { IMimeBundle, MultilineString } from '@jupyterlab/nbformat';

/** What of an output a terminal can show, and on which stream it belongs. */
export interface OutputText {
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}

/**
 * An output as text: streams as they were written, tracebacks with IPython's colours if `colour` says so, of everything
 * else its plain text. Images and what has no plain text are told in a line such as `[image/png 640×480, 23 kB]`.
 */
export function outputText(output: Output, colour: boolean): OutputText {
  switch (output.output_type) {
    case 'stream':
      return { stream: output.name === 'stderr' ? 'stderr' : 'stdout', text: joined(output.text) };
    case 'error': {
      const { ename, evalue, traceback } = output;
      const text = traceback.length > 0 ? traceback.join('\n') : `${ename}: ${evalue}`;
      return { stream: 'stderr', text: ended(colour ? text : stripVTControlCharacters(text)) };
    }
    case 'clear_output':
      return { stream: 'stdout', text: '' };
    default:
      return { stream: 'stdout', text: ended(ofBundle(output.data)) };
  }
}

function ofBundle(data: IMimeBundle): string {
  const types = Object.keys(data);
  const image = types.find((type) => type.startsWith('image/'));
  if (image !== undefined) return imageNote(image, data[image]);
  for (const type of ['text/plain', 'text/markdown', 'text/latex']) {
    const value = data[type];
    if (isText(value)) return joined(value);
  }
  return types.map((type) => `[${type}, ${formatSize(JSON.stringify(data[type]).length)}]`).join('\n');
}

function imageNote(type: string, value: unknown): string {
  const text = isText(value) ? joined(value) : '';
  if (type === 'image/svg+xml') return `[${type}, ${formatSize(Buffer.byteLength(text))}]`;
  const bytes = Buffer.from(text, 'base64');
  return `[${type}${pngSize(bytes)}, ${formatSize(bytes.length)}]`;
}

/** @see https://www.w3.org/TR/png-3/#11IHDR */
function pngSize(bytes: Buffer): string {
  const isPng = bytes.length >= 24 && bytes.toString('latin1', 1, 4) === 'PNG';
  return isPng ? ` ${bytes.readUInt32BE(16)}×${bytes.readUInt32BE(20)}` : '';
}

function formatSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  return bytes < 999_500 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

function isText(value: unknown): value is MultilineString {
  return typeof value === 'string' || Array.isArray(value);
}

function joined(text: MultilineString): string {
  return typeof text === 'string' ? text : text.join('');
}

function ended(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}
