import type { RunEvent, RunSummary } from '@eager/engine';
import type { Output } from '@eager/execution';

/**
 * Turns the events of one run into lines of NDJSON, version 1. `seq` counts the lines from 0, so that a reader sees
 * whether one is missing; `at` never goes back from line to line.
 */
export function eventLines(
  more: Readonly<Record<string, unknown>> = {},
): (event: RunEvent) => string | undefined {
  const toLine = numberedLines();
  return (event) => {
    const fields = fieldsOf(event);
    return fields && toLine(event.atMs, event.type, { ...more, ...fields });
  };
}

/** Puts together lines of NDJSON, version 1, in order. */
export function numberedLines(): (
  atMs: number,
  type: string,
  fields: Readonly<Record<string, unknown>>,
) => string {
  let seq = 0;
  let at = 0;
  return (atMs, type, fields) => {
    at = Math.max(at, round(atMs));
    return `${JSON.stringify({ v: 1, seq: seq++, at, type, ...fields })}\n`;
  };
}

/** The numbers of a run as they stand in an `end` line and in a comparison. */
export function summaryFields(summary: RunSummary): Record<string, string | number> {
  const { status, generationMs, executionMs, nonOverlappedMs, endToEndMs, statements, batches } = summary;
  return {
    status,
    generationMs: round(generationMs),
    executionMs: round(executionMs),
    nonOverlappedMs: round(nonOverlappedMs),
    endToEndMs: round(endToEndMs),
    statements,
    batches,
  };
}

/** Milliseconds to the microsecond: more digits would be noise. */
export function round(valueMs: number): number {
  return Math.round(valueMs * 1000) / 1000;
}

/** What a line says of an event, besides its type and time; undefined for one that is not told. */
export function fieldsOf(event: RunEvent): Record<string, unknown> | undefined {
  switch (event.type) {
    case 'token':
      return { text: event.token.text };
    case 'chunk': {
      const { id, from, to, line, kind, closedBy } = event.chunk;
      return { id, from, to, line, kind, closedBy };
    }
    case 'verdict': {
      const { verdict } = event;
      return {
        chunk: event.chunk.id,
        kind: verdict.kind,
        ...('effect' in verdict && { effect: verdict.effect, reason: verdict.reason }),
      };
    }
    case 'batch':
      return { id: event.batch.id, chunks: event.batch.chunks.map(({ id }) => id) };
    case 'started':
      return { chunk: event.chunk.id, batch: event.batch.id };
    case 'output':
      return { chunk: event.chunk.id, ...outputFields(event.output) };
    case 'finished':
      return { chunk: event.chunk.id, status: event.status, durationMs: event.durationMs };
    case 'error': {
      const { ename, evalue, traceback, chunk, alreadyRan } = event;
      return { ename, evalue, traceback, chunk: chunk?.id ?? null, line: chunk?.line ?? null, alreadyRan };
    }
    case 'end':
      return summaryFields(event);
    case 'closed': // The end of the cell is no step of the program; `end` follows at once.
      return undefined;
  }
}

/** The output as nbformat has it; the id of a display that can be changed later, which nbformat has not, beside it. */
function outputFields(published: Output): Record<string, unknown> {
  const { transient, ...output } = published as Output & { transient?: { readonly display_id?: string } };
  return { output, ...(transient?.display_id !== undefined && { displayId: transient.display_id }) };
}
