import type {
  ICodeCell,
  ILanguageInfoMetadata,
  IMarkdownCell,
  INotebookContent,
  IOutput,
} from '@jupyterlab/nbformat';

/** A program that has run, as far as a notebook tells of it. */
export interface NotebookProgram {
  /** The whole program. */
  readonly source: string;
  /** What it left, for example from `finalOutputs`. */
  readonly outputs: readonly IOutput[];
  /** The kernel's `In[n]`; null if the program never ran. */
  readonly executionCount: number | null;
  /** `language_info` of the kernel's `kernel_info_reply`. */
  readonly languageInfo: ILanguageInfoMetadata;
  /** Stands above the program as a cell of its own, for example the prompt. */
  readonly markdown?: string;
}

/**
 * A notebook (nbformat 4.5) with the program as its one code cell.
 *
 * It is ready for `JSON.stringify`. Source is a list of lines, as Jupyter writes it to disk, so that notebooks differ
 * line by line under version control; cell ids are fixed, so that the same run gives the same file.
 *
 * @see https://nbformat.readthedocs.io/en/latest/format_description.html
 */
export function toNotebook(program: NotebookProgram): INotebookContent {
  const { source, outputs, executionCount, languageInfo, markdown } = program;
  const code: ICodeCell = {
    id: 'program',
    cell_type: 'code',
    metadata: {},
    execution_count: executionCount,
    source: splitLines(source),
    outputs: [...outputs],
  };
  const cells = markdown === undefined ? [code] : [markdownCell(markdown), code];
  return {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { kernelspec: PYTHON_KERNEL, language_info: languageInfo },
    cells,
  };
}

/** The name under which ipykernel installs itself, so that front ends open the notebook without asking. */
const PYTHON_KERNEL = { name: 'python3', display_name: 'Python 3 (ipykernel)', language: 'python' };

function markdownCell(markdown: string): IMarkdownCell {
  return { id: 'prompt', cell_type: 'markdown', metadata: {}, source: splitLines(markdown) };
}

/** Lines with their `\n`, as Python's `splitlines(keepends=True)` cuts them; joined they are the text again. */
function splitLines(text: string): string[] {
  return text === '' ? [] : text.split(/(?<=\n)/);
}
