import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { JsonStringProperty, ToolArgumentsError } from './json-string-property.js';

/** All of `code`, from JSON in pieces. */
function decode(pieces: readonly string[]): string {
  const decoder = new JsonStringProperty('code');
  const code = pieces.map((piece) => decoder.feed(piece)).join('');
  decoder.end();
  return code;
}

/** Cuts at offsets that are taken modulo the length. */
function cut(text: string, offsets: readonly number[]): string[] {
  const at = [...new Set([0, ...offsets.map((offset) => offset % (text.length + 1)), text.length])];
  at.sort((a, b) => a - b);
  return at.slice(1).map((to, index) => text.slice(at[index], to));
}

const strings = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({
    unit: fc.constantFrom('a', '"', '\\', '/', '\n', '\t', '\b', '\u0000', '\u2028', 'é', '🐍', '\ud83d'),
  }),
);
const values = fc.jsonValue({ maxDepth: 3 });
const keys = fc.oneof(fc.string(), fc.constantFrom('', 'cod', 'code2', 'Code', '"code"', '\ncode'));
/** Objects with `code` at some place among other properties, which may have a `code` of their own further in. */
const objects = fc
  .tuple(
    fc.dictionary(keys, fc.oneof(values, fc.record({ code: values }))),
    strings,
    fc.dictionary(keys, values),
  )
  .map(([before, code, after]) => Object.assign({}, before, { code }, after, { code }));

describe('JsonStringProperty', () => {
  test('gives what JSON.parse gives, for any object cut anywhere', () => {
    const offsets = fc.array(fc.nat());
    const indents = fc.constantFrom(undefined, 2, '\t', ' \r\n'.slice(0, 1));
    fc.assert(
      fc.property(objects, offsets, indents, fc.boolean(), (object, at, indent, escapes) => {
        const json = escapes
          ? asAscii(JSON.stringify(object, null, indent))
          : JSON.stringify(object, null, indent);
        expect(decode(cut(json, at))).toBe(JSON.parse(json).code);
        expect(decode(json.split(''))).toBe(object.code);
      }),
      { numRuns: 500 },
    );
  });

  test('accepts the texts that JSON.parse accepts, and no others', () => {
    const text = fc.oneof(
      fc.string({
        unit: fc.constantFrom('{', '}', '[', ']', '"', ',', ':', '1', '-', '.', 'e', ' ', '\\', 'u', 'x'),
      }),
      objects.map((object) => JSON.stringify(object)),
    );
    const edits = fc.tuple(
      fc.nat(),
      fc.constantFrom('', '"', '}', ']', '{', ',', ':', '\\', '0', 'n', ' ', '\u0001'),
    );
    fc.assert(
      fc.property(text, edits, (valid, [at, replacement]) => {
        const offset = at % (valid.length + 1);
        const json = valid.slice(0, offset) + replacement + valid.slice(offset + 1);
        const expected = parse(json);
        if (expected === undefined) {
          // No text at all is the only one that is accepted in addition.
          if (json !== '') expect(() => decode([json]), json).toThrow(ToolArgumentsError);
          return;
        }
        // What JSON.parse takes and we do not: other values than objects, and another `code` than one string.
        if (!isObject(expected) || json.split('"code"').length > 2) return;
        const { code = '' } = expected;
        if (typeof code === 'string') expect(decode([json])).toBe(code);
        else expect(() => decode([json]), json).toThrow('is no string');
      }),
      { numRuns: 3000 },
    );
  });

  test('releases characters as they come, an escape with its last one', () => {
    const steps: readonly (readonly [piece: string, code: string])[] = [
      ['{"co', ''],
      ['de"', ''],
      [': "', ''],
      ['import pa', 'import pa'],
      ['ndas\\', 'ndas'],
      ['n', '\n'],
      ['\\u00', ''],
      ['e9', 'é'],
      ['\\ud83d', '\ud83d'],
      ['\\udc', ''],
      ['0d\\', '\udc0d'],
      ['"x', '"x'],
      ['", "t": 1', ''],
      ['}', ''],
    ];
    const decoder = new JsonStringProperty('code');
    for (const [piece, code] of steps) {
      expect(decoder.isComplete).toBe(false);
      expect(decoder.feed(piece), piece).toBe(code);
    }
    expect(decoder.isComplete).toBe(true);
    decoder.end();
  });

  test.each([
    ['an empty object', '{}', ''],
    ['no text at all', '', ''],
    ['no such property', '{"title": "x", "n": [{"code": "no"}]}', ''],
    ['white space everywhere', ' \n{ "n" : 1 ,\t"code" : "x" } \r\n', 'x'],
    ['an escaped name', '{"\\u0063ode": "x"}', 'x'],
    ['a line break and a tab that are not escaped', '{"code": "a\n\tb"}', 'a\n\tb'],
  ])('takes %s', (_title, json, code) => {
    expect(decode([json])).toBe(code);
  });

  test.each([
    ['a text', 'import os', 0, 'no JSON object'],
    ['an array', '["code"]', 0, 'no JSON object'],
    ['a number for the property', '{"code": 1}', 9, '"code" is no string'],
    ['null for the property', '{"code": null}', 9, '"code" is no string'],
    ['lines as an array', '{"code": ["a"]}', 9, '"code" is no string'],
    ['the property twice', '{"code": "a", "code": "b"}', 22, '"code" is given a second time'],
    ['a bad escape', '{"code": "a\\x41"}', 12, '\\x is no escape'],
    ['a bad digit', '{"code": "\\u00g0"}', 14, '"g" is no hexadecimal digit'],
    ['a control character', '{"code": "a\u0000"}', 11, 'a control character ("\\u0000")'],
    ['a word that is no value', '{"n": True}', 10, '"True" is no value'],
    ['a quote of Python', "{'code': 'x'}", 1, 'a property name in quotes'],
    ['a missing colon', '{"code" "x"}', 8, 'a colon is missing'],
    ['a missing comma', '{"n": 1 "code": "x"}', 8, 'a comma is missing'],
    ['a trailing comma', '{"code": "x",}', 13, 'a property name in quotes'],
    ['the wrong bracket', '{"n": [1}', 8, 'a comma is missing'],
    ['text after the object', '{"code": "x"} y', 14, 'more text after the object'],
    ['an end inside the property', '{"code": "x', 11, 'the text ends before the object'],
    ['an end inside an escape', '{"code": "\\u00', 14, 'the text ends before the object'],
  ])('says where %s is wrong', (_title, json, offset, problem) => {
    for (const pieces of [[json], json.split('')]) {
      expect(() => decode(pieces)).toThrow(expect.objectContaining({ name: 'ToolArgumentsError', offset }));
      expect(() => decode(pieces)).toThrow(problem);
    }
  });

  test('keeps up with long arguments in many pieces', () => {
    const decoder = new JsonStringProperty('code');
    const line = 'x = \\"\\u00e9\\n\\"';
    decoder.feed('{"other": "');
    for (let count = 0; count < 20_000; count++) decoder.feed(line);
    decoder.feed('", "code": "');
    let length = 0;
    for (let count = 0; count < 20_000; count++) length += decoder.feed(line).length;
    decoder.feed('"}');
    decoder.end();
    expect(length).toBe(20_000 * 'x = "é\n"'.length);
  });
});

function asAscii(json: string): string {
  return json.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The value of a JSON text; undefined when it is none. */
function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
