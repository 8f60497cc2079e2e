import { WriteStream } from 'node:tty';
import { styleText } from 'node:util';

type Format = Parameters<typeof styleText>[0];

/** How text is coloured: by what it is, so that a terminal without colour needs one other theme only. */
export interface Theme {
  readonly colour: boolean;
  /** What matters less than the text around it. */
  faint(text: string): string;
  strong(text: string): string;
  good(text: string): string;
  bad(text: string): string;
  /** What is going on now. */
  active(text: string): string;
  keyword(text: string): string;
  string(text: string): string;
  number(text: string): string;
  comment(text: string): string;
  definition(text: string): string;
}

/** Leaves every text as it is. */
export const plainTheme: Theme = themeOf(false);

/** Uses the sixteen colours of the reader's own palette, which are legible on light and dark grounds alike. */
export const colourTheme: Theme = themeOf(true);

/** The part of a stream of the process that says what it can show. */
export interface OutputStream {
  readonly isTTY?: boolean;
}

/** The theme for a stream: `NO_COLOR`, `FORCE_COLOR` and `TERM` are honoured as Node honours them. */
export function themeFor(stream: OutputStream, env: NodeJS.ProcessEnv = process.env): Theme {
  const mayColour = stream.isTTY || env.FORCE_COLOR !== undefined;
  // Node's own rules, which look at nothing but `env` and are there for streams that are no terminals, too.
  return mayColour && WriteStream.prototype.getColorDepth(env) > 1 ? colourTheme : plainTheme;
}

function themeOf(colour: boolean): Theme {
  const style = (format: Format) => (text: string) =>
    colour && text !== '' ? styleText(format, text, { validateStream: false }) : text;
  return {
    colour,
    faint: style('dim'),
    strong: style('bold'),
    good: style('green'),
    bad: style('red'),
    active: style('yellow'),
    keyword: style('magenta'),
    string: style('green'),
    number: style('cyan'),
    comment: style('dim'),
    definition: style('blue'),
  };
}
