import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { describeAttachment } from './attachment.js';

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

  test('reads the beginning of a large file only, and no row that is cut', async () => {
    const text = await describeFile('large.csv', `id,word\n${'1234567,abcdefg\n'.repeat(100_000)}`);
    expect(text).toContain('(1.6 MB)');
    expect(text).toContain('- "word": text, 1 different values');
    expect(text.length).toBeLessThan(1000);
  });

  test.each([
    ['latin.csv', Buffer.from('name\nCafé\n', 'latin1'), 'Café'],
    ['empty.csv', '', '(0 bytes) is empty'],
    ['d.json', '[{"a": 1}]', 'is JSON. It begins with:\n\n```text\n[{"a": 1}]'],
    ['e.parquet', 'PAR1\0', 'Parquet'],
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
  });
});
