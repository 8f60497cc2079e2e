import { off } from '@eager/detection';
import { CellOutputs, run$ } from '@eager/engine';
import type { Kernel } from '@eager/execution';
import { fromText } from '@eager/generation';
import type { ICell, ICodeCell, INotebookContent, IOutput, MultilineString } from '@jupyterlab/nbformat';

/**
 * The notebook with the outputs that its code cells give on this kernel, each run as one program, from top to bottom.
 *
 * @throws Error when a cell raises, with its id and the traceback.
 */
export async function executeNotebook(notebook: INotebookContent, kernel: Kernel): Promise<INotebookContent> {
  const cells: ICell[] = [];
  let count = 0;
  for (const cell of notebook.cells) {
    cells.push(isCode(cell) ? await executeCell(cell, ++count, kernel) : cell);
  }
  return { ...notebook, cells };
}

/** The code cells of a notebook. */
export function codeCells({ cells }: INotebookContent): ICodeCell[] {
  return cells.filter(isCode);
}

/** A text that may be stored as its lines. */
export function textOf(text: MultilineString): string {
  return typeof text === 'string' ? text : text.join('');
}

async function executeCell(cell: ICodeCell, count: number, kernel: Kernel): Promise<ICodeCell> {
  const outputs = new CellOutputs();
  const tokens$ = fromText(textOf(cell.source), { tokensPerSecond: Infinity });
  await run$(tokens$, kernel, { policy: off() }).forEach((event) => {
    if (event.type === 'output') outputs.add(event.output);
    if (event.type !== 'error') return;
    throw new Error(`The cell "${cell.id}" raised ${event.ename}.\n${event.traceback.join('\n')}`);
  });
  return { ...cell, execution_count: count, outputs: outputs.toArray().map(asLines) };
}

/** Text as a list of lines, as Jupyter writes it to disk, so that a new output differs line by line from the old one. */
function asLines(output: IOutput): IOutput {
  if (output.output_type !== 'stream') return output;
  return { ...output, text: textOf(output.text as MultilineString).split(/(?<=\n)/) };
}

function isCode(cell: ICell): cell is ICodeCell {
  return cell.cell_type === 'code';
}
