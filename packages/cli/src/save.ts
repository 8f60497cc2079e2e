import { access, constants, mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type LabelledTimeline, type NotebookProgram, timelineSvg, toNotebook } from '@eager/engine';
import { formatRecording, type Recording } from '@eager/generation';
import { CommandError, EXIT } from './exit-codes.js';
import type { RunRecord } from './run-record.js';

/** Where a run is kept, if it is. */
export interface SaveOptions {
  /** `NB.ipynb`: the program and its outputs. */
  readonly save?: string | undefined;
  /** `FILE.svg` or `FILE.html`: the picture of the run. */
  readonly timeline?: string | undefined;
  /** The text with its times, as a recording. */
  readonly record?: string | undefined;
}

/**
 * Refuses names that say another format than the one that is written, and places where nothing can be written. Called
 * before anything runs, because what a run has shown is lost when it cannot be kept.
 */
export async function checkSaveOptions({ save, timeline, record }: SaveOptions): Promise<void> {
  if (save !== undefined && !save.endsWith('.ipynb')) {
    throw new CommandError(`--save ${save}: a notebook's name must end in .ipynb.`, EXIT.usage);
  }
  if (timeline !== undefined && !/\.(svg|html)$/.test(timeline)) {
    throw new CommandError(`--timeline ${timeline}: the name must end in .svg or .html.`, EXIT.usage);
  }
  for (const file of [save, timeline, record]) if (file !== undefined) await checkWritable(file);
}

/** Writes the program with its outputs as a notebook, nbformat 4.5. */
export async function saveNotebook(
  file: string,
  record: Pick<RunRecord, 'source' | 'outputs'> & Pick<NotebookProgram, 'markdown'>,
  pythonVersion: string,
): Promise<void> {
  const { source, outputs, markdown } = record;
  const notebook = toNotebook({
    source,
    outputs,
    ...(markdown !== undefined && { markdown }),
    executionCount: 1, // of a kernel of its own
    languageInfo: {
      name: 'python',
      version: pythonVersion,
      mimetype: 'text/x-python',
      file_extension: '.py',
      pygments_lexer: 'ipython3',
      codemirror_mode: { name: 'ipython', version: 3 },
    },
  });
  await write(file, `${JSON.stringify(notebook, null, 1)}\n`);
}

/** Draws the runs, as an SVG document or as a page around it. */
export async function saveTimeline(
  file: string,
  runs: readonly LabelledTimeline[],
  title: string,
): Promise<void> {
  const svg = timelineSvg(runs, title);
  await write(file, file.endsWith('.html') ? page(svg) : svg);
}

/** Writes the text as it arrived, for a replay with its own pace. */
export async function saveRecording(file: string, recording: Recording): Promise<void> {
  await write(file, formatRecording(recording));
}

function page(svg: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>Timeline</title>
<style>body { margin: 2rem } svg { max-width: 100%; height: auto }</style>
${svg}
</html>
`;
}

async function checkWritable(file: string): Promise<void> {
  const existing = await stat(file).catch(() => undefined);
  if (existing?.isDirectory()) throw new CommandError(`${file} cannot be written: it is a folder.`);
  try {
    await makeFolder(dirname(file));
    await access(existing ? file : dirname(file), constants.W_OK);
  } catch (error) {
    throw unwritable(file, error);
  }
}

async function write(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (error) {
    throw unwritable(file, error);
  }
}

/** Makes a folder and those above it. Node's own way to do so never returns where none can be made, as below /proc. */
async function makeFolder(path: string): Promise<void> {
  if ((await stat(path).catch(() => undefined))?.isDirectory()) return;
  if (dirname(path) !== path) await makeFolder(dirname(path));
  await mkdir(path);
}

function unwritable(file: string, error: unknown): CommandError {
  const why = error instanceof Error ? error.message : error;
  return new CommandError(`${file} cannot be written: ${why}. Choose another place for it.`);
}
