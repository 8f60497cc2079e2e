/** The arguments of a tool call are not what they must be. */
export class ToolArgumentsError extends Error {
  override readonly name = 'ToolArgumentsError';
  /** Where in the arguments, in UTF-16 code units from their start. */
  readonly offset: number;

  constructor(offset: number, problem: string) {
    super(
      `The arguments of the tool call are wrong at offset ${offset}: ${problem}. ` +
        'What came before may have run; ask the model for the call again.',
    );
    this.offset = offset;
  }
}

/**
 * Takes one string property out of a JSON object that arrives in pieces: `code` of `{"code": "import pa…`. Its
 * characters are released as they come, an escape with its last character, half a surrogate pair at once. The other
 * properties may be anything and stand before or after.
 *
 * The text must be valid JSON, but line breaks and tabs may stand in strings unescaped, as some models write them.
 * The property may come once: `JSON.parse` would take the last of several, and the first may have run.
 *
 * Time is linear in the text; what is kept is as deep as the JSON is nested, and as long as a key or a number.
 */
export class JsonStringProperty {
  readonly #property: string;
  /** What is read next. */
  #state: State = 'start';
  /** The closing marks of the open objects and arrays. */
  readonly #closers: ('}' | ']')[] = [];
  /** The text of the current key of the outer object. */
  #key = '';
  /** The characters of the current number, word or `\u` escape. */
  #scalar = '';
  /** Whether the current string is a property name, and which characters of it matter. */
  #isName = false;
  #string: 'key' | 'property' | 'skipped' = 'skipped';
  #isFound = false;
  #offset = 0;
  #released: string[] = [];

  constructor(property: string) {
    this.#property = property;
  }

  /** The characters of the property that become known by more of the text. @throws {ToolArgumentsError} */
  feed(text: string): string {
    for (let index = 0; index < text.length; ) {
      const from = index;
      index = this.#state === 'string' ? this.#readRun(text, index) : index;
      if (index === from) {
        const character = text.charAt(index);
        if (this.#read(character)) index++;
        else continue; // a number ended before this character, which is now read in another state
      }
      this.#offset += index - from;
    }
    const released = this.#released.join('');
    this.#released = [];
    return released;
  }

  /** Whether the object has ended. */
  get isComplete(): boolean {
    return this.#state === 'end';
  }

  /**
   * Call it where the text ends. No text at all is what some servers send for a call without arguments.
   *
   * @throws {ToolArgumentsError} when the object has not ended
   */
  end(): void {
    if (this.#state !== 'end' && this.#offset > 0) this.#fail('the text ends before the object does');
  }

  /** The characters of a string up to one that means something. Returns where it stands. */
  #readRun(text: string, from: number): number {
    PLAIN_CHARACTERS.lastIndex = from;
    const [run = ''] = PLAIN_CHARACTERS.exec(text) ?? [];
    this.#take(run);
    return from + run.length;
  }

  /** Returns false for a character that must be read again, because it only ended what was before. */
  #read(character: string): boolean {
    switch (this.#state) {
      case 'string':
        if (character === '"') this.#endString();
        else if (character === '\\') this.#state = 'escape';
        else this.#fail(`a control character (${JSON.stringify(character)}) stands in a string`);
        return true;
      case 'escape':
        this.#readEscape(character);
        return true;
      case 'unicode':
        this.#readHexDigit(character);
        return true;
      case 'scalar':
        return this.#readScalar(character);
      default:
        if (!WHITE_SPACE.includes(character)) this.#readMark(character);
        return true;
    }
  }

  #readMark(character: string): void {
    const closer = this.#closers.at(-1);
    switch (this.#state) {
      case 'start':
        if (character !== '{') this.#fail('they are no JSON object');
        this.#open('}');
        break;
      case 'first-key':
      case 'key':
        if (character === '}' && this.#state === 'first-key') this.#close();
        else this.#startKey(character);
        break;
      case 'colon':
        if (character !== ':') this.#fail(`a colon is missing before ${JSON.stringify(character)}`);
        this.#state = 'value';
        break;
      case 'first-item':
      case 'value':
        if (character === ']' && this.#state === 'first-item') this.#close();
        else this.#startValue(character);
        break;
      case 'after-value':
        if (character === closer) this.#close();
        else if (character === ',') this.#state = closer === '}' ? 'key' : 'value';
        else this.#fail(`a comma is missing before ${JSON.stringify(character)}`);
        break;
      default:
        this.#fail('there is more text after the object');
    }
  }

  #startKey(character: string): void {
    if (character !== '"') this.#fail('a property name in quotes is missing');
    this.#key = '';
    this.#string = this.#closers.length === 1 ? 'key' : 'skipped';
    this.#state = 'string';
    this.#isName = true;
  }

  #startValue(character: string): void {
    const isProperty = this.#closers.length === 1 && this.#key === this.#property;
    if (isProperty && this.#isFound) this.#fail(`${JSON.stringify(this.#property)} is given a second time`);
    if (isProperty && character !== '"') {
      this.#fail(`${JSON.stringify(this.#property)} is no string`);
    }
    this.#isFound ||= isProperty;
    if (character === '"') {
      this.#string = isProperty ? 'property' : 'skipped';
      this.#state = 'string';
      this.#isName = false;
    } else if (character === '{') this.#open('}');
    else if (character === '[') this.#open(']');
    else {
      this.#scalar = character;
      this.#state = 'scalar';
    }
  }

  #open(closer: '}' | ']'): void {
    this.#closers.push(closer);
    this.#state = closer === '}' ? 'first-key' : 'first-item';
  }

  #close(): void {
    this.#closers.pop();
    this.#state = this.#closers.length === 0 ? 'end' : 'after-value';
  }

  #readScalar(character: string): boolean {
    if (SCALAR_CHARACTER.test(character)) {
      this.#scalar += character;
      return true;
    }
    if (!SCALAR.test(this.#scalar)) {
      this.#fail(`${JSON.stringify(this.#scalar || character)} is no value`);
    }
    this.#state = 'after-value';
    return false;
  }

  #readEscape(character: string): void {
    const meaning = ESCAPES.get(character);
    if (meaning !== undefined) {
      this.#take(meaning);
      this.#state = 'string';
    } else if (character === 'u') {
      this.#scalar = '';
      this.#state = 'unicode';
    } else this.#fail(`\\${character} is no escape`);
  }

  #readHexDigit(character: string): void {
    if (!/[\da-f]/i.test(character)) this.#fail(`${JSON.stringify(character)} is no hexadecimal digit`);
    this.#scalar += character;
    if (this.#scalar.length < 4) return;
    this.#take(String.fromCharCode(Number.parseInt(this.#scalar, 16)));
    this.#state = 'string';
  }

  #take(characters: string): void {
    if (this.#string === 'property') this.#released.push(characters);
    else if (this.#string === 'key') this.#key += characters;
  }

  #endString(): void {
    this.#state = this.#isName ? 'colon' : 'after-value';
  }

  #fail(problem: string): never {
    throw new ToolArgumentsError(this.#offset, problem);
  }
}

type State =
  | 'start'
  | 'first-key'
  | 'key'
  | 'colon'
  | 'first-item'
  | 'value'
  | 'after-value'
  | 'end'
  | 'string'
  | 'escape'
  | 'unicode'
  | 'scalar';

const WHITE_SPACE = ' \t\n\r';
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON names the control characters that strings cannot have
const PLAIN_CHARACTERS = /[^"\\\u0000-\u0008\u000b\u000c\u000e-\u001f]*/y;
const SCALAR_CHARACTER = /[-+.\w]/;
const SCALAR = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?)$/;
const ESCAPES = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);
