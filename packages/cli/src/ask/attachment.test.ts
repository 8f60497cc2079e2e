import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { describeAttachment, packagesToRead } from './attachment.js';

const folder = mkdtempSync(join(tmpdir(), 'eager-attach-'));
afterAll(() => rmSync(folder, { recursive: true }));

function describeFile(name: string, content: string | Uint8Array): Promise<string> {
  const file = join(folder, name);
  writeFileSync(file, content);
  return describeAttachment(file);
}

describe('describeAttachment', () => {
  test('tells the columns of a table, with types by their values', async () => {
    const text = await describeFile(
      'a.csv',
      'shop,"cups, sold",price,day,open\r\n"Café ""M""",3,1.5,2025-03-01,true\r\nPort,,2,2025-03-02,false\r\n',
    );
    expect(text).toContain(`The file ${JSON.stringify(join(folder, 'a.csv'))} (`);
    for (const line of [
      '- "shop": text',
      '- "cups, sold": whole numbers, some missing',
      '- "price": numbers',
      '- "day": dates, as in ISO 8601',
      '- "open": true or false',
    ]) {
      expect(text).toContain(`${line}\n`);
    }
    expect(text).toContain('Café "M"');
  });

  test('finds the separator', async () => {
    expect(await describeFile('b.csv', 'a;b\n1;2,5\n')).toContain('separated by ";" with 2 columns');
    expect(await describeFile('c.tsv', 'a\tb\n1\t2\n')).toContain('- "b": whole numbers');
  });

  test('tells the columns of JSON records, as an array or on lines', async () => {
    const rows = [
      { shop: 'Mill, [A] "1"', cups: 3, price: 1.5, tags: ['a'], open: true },
      { shop: null, cups: 4, price: 2, tags: [], open: false, note: { by: 'x' } },
    ];
    const lines = [
      '- "shop": text, some missing',
      '- "cups": whole numbers',
      '- "price": numbers',
      '- "tags": lists',
      '- "open": true or false',
      '- "note": records, some missing',
    ];
    const array = await describeFile('a.json', JSON.stringify(rows, null, 2));
    expect(array).toContain('is a JSON array of records, a table with 6 columns (2 records)');
    const onLines = await describeFile('a.jsonl', rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    expect(onLines).toContain('has a JSON record on each line, a table with 6 columns (2 records)');
    for (const line of lines)
      expect([array, onLines].filter((text) => text.includes(`${line}\n`))).toHaveLength(2);
    expect(array).toContain(String.raw`"Mill, [A] \"1\"",3,1.5,["a"],true,`);
  });

  test('reads no record that is cut', async () => {
    const record = (id: number) => `{"id": ${id}, "word": "abc"}`;
    const records = Array.from({ length: 10_000 }, (_, id) => record(id));
    for (const [name, text] of [
      ['large.json', `[${records.join(',\n')}]`],
      ['large.ndjson', records.join('\n')],
    ] as const) {
      expect(await describeFile(name, text)).toMatch(
        /a table with 2 columns \(types by its first 2\d{3} records\):\n\n- "id": whole numbers\n- "word": text\n/,
      );
    }
  });

  test('reads the beginning of a large file only, and no row that is cut', async () => {
    const text = await describeFile('large.csv', `id,word\n${'1234567,abcdefg\n'.repeat(100_000)}`);
    expect(text).toContain('(1.6 MB)');
    expect(text).toContain('- "word": text, 1 different values');
    expect(text.length).toBeLessThan(1000);
  });

  test.each([
    ['latin.csv', Buffer.from('name\nCafé\n', 'latin1'), 'Café'],
    ['empty.csv', '', '(0 bytes) is empty'],
    ['d.json', '{"a": [1]}', 'is JSON. It begins with:\n\n```text\n{"a": [1]}'],
    ['list.json', '[1, [2]]', 'is JSON. It begins with:\n\n```text\n[1, [2]]'],
    ['broken.json', '[{"a": 1}, {"b"}]', 'is JSON. It begins with'],
    ['broken.jsonl', '{"a": 1}\nnothing\n', 'begins with:\n\n```text\n{"a": 1}'],
    ['f.png', '\x89PNG\0', 'is not text'],
    ['g.txt', 'Dear all,\n', 'begins with:\n\n```text\nDear all,'],
  ])('describes %s', async (name, content, expected) => {
    expect(await describeFile(name, content)).toContain(expected);
  });

  test('refuses what cannot be read', async () => {
    await expect(describeAttachment(join(folder, 'none.csv'))).rejects.toThrow(
      'none.csv cannot be read: ENOENT',
    );
    await expect(describeAttachment(folder)).rejects.toThrow('it is a folder');
    if (process.platform !== 'win32') {
      await expect(describeAttachment('/dev/zero')).rejects.toThrow('a device or a pipe');
    }
  });
});

test.each([
  [['a.csv', 'b.json', 'c'], []],
  [['a.parquet', 'b.csv', 'c.PARQUET'], ['pyarrow>=15']],
  [
    ['a.xlsx', 'b.parquet'],
    ['openpyxl>=3.1,<4', 'pyarrow>=15'],
  ],
])('to read %j a program needs %j besides pandas', (files, packages) => {
  expect(packagesToRead(files)).toEqual(packages);
});
