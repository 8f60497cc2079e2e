import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { preparePython } from '../../packages/cli/src/python/index.js';
import { scriptedModel } from '../models/scripted-model.js';
import { Playground } from './eager.js';

/** Files as pandas writes them, and what of them reaches the model. */
const WRITE = `
import datetime, decimal, pandas as pd
table = pd.DataFrame({
    "shop": ["Café", "Port", None], "cups": [3, 4, 5], "price": [1.5, 2.0, None], "open": [True, False, True],
    "when": pd.to_datetime(["2025-03-01 10:00", "2025-03-02 10:00", "2025-03-03 10:00"]),
    "day": [datetime.date(2025, 3, 1)] * 3, "dues": [decimal.Decimal("1.25")] * 3,
    "list": [[1, 2], [3], []], "raw": [b"\\x00"] * 3,
})
table.to_parquet("snappy.parquet")
for codec in "gzip", "brotli": table.to_parquet(f"{codec}.parquet", compression=codec)
table.set_index("shop").to_parquet("index.parquet")
table[:0].to_parquet("empty.parquet")
pd.DataFrame({f"column {i}": range(90_000) for i in range(120)}).to_parquet("large.parquet", compression=None)
for engine in "openpyxl", "xlsxwriter":
    with pd.ExcelWriter(f"{engine}.xlsx", engine=engine) as book:
        sheet = table[["shop", "cups", "price", "open", "when"]].assign(note=["<a> & b", "", "c\\nd"])
        sheet.to_excel(book, sheet_name="Sold & paid", index=False)
        table[["cups"]].to_excel(book, sheet_name="Other", index=False)
pd.DataFrame({f"column {i}": range(9_000) for i in range(9)}).to_excel("large.xlsx", index=False)
flat = table[["shop", "cups", "price", "open"]]
flat.to_csv("table.csv", index=False)
flat.to_csv("table.tsv", index=False, sep="\\t")
flat.to_json("table.json", orient="records")
flat.to_json("table.jsonl", orient="records", lines=True)
`;

/** The first time, the environment is installed. */
const INSTALL_TIMEOUT_MS = 300_000;

const folder = mkdtempSync(join(tmpdir(), 'eager-attach-'));
beforeAll(async () => {
  const { EAGER_PYTHON: _, ...env } = process.env;
  const packages = ['pandas>=2.1,<4', 'pyarrow>=15', 'openpyxl>=3.1', 'xlsxwriter>=3.1'];
  const { python } = await preparePython({ packages, env, onProgress: (line) => console.error(line) });
  execFileSync(python, ['-c', WRITE], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
}, INSTALL_TIMEOUT_MS);
afterAll(() => rmSync(folder, { recursive: true }));

/** What the model is told of files, one after the other. */
async function described(files: readonly string[], playground = new Playground()): Promise<string[]> {
  await using server = await scriptedModel('=== answer\n\nSeen.\n');
  const args = ['ask', 'Look.', '--model', 'm', '--base-url', `${server.url}/v1`, '--attach', ...files];
  const run = await playground.run(args, { env: { EAGER_STATE: playground.path('state') } });
  expect(run, run.stderr).toMatchObject({ code: 0, stdout: 'Seen.\n' });
  const [, question] = [server.requests[0]?.body.messages].flat() as { readonly content: string }[];
  return (question?.content ?? '').split(/^(?=The file )/m).slice(1);
}

const written = (name: string) => join(folder, name);

describe('a Parquet file is described', () => {
  test('by its columns, their types, and a few rows, however it is compressed', async () => {
    const texts = await described(['snappy.parquet', 'gzip.parquet', 'brotli.parquet'].map(written));
    expect(texts).toHaveLength(3);
    for (const text of texts) {
      expect(text).toContain(
        'is a Parquet table with 9 columns and 3 rows:\n\n- "shop": text\n- "cups": whole numbers\n- "price": numbers\n' +
          '- "open": true or false\n- "when": dates with times\n- "day": dates\n- "dues": decimal numbers\n- "list": lists\n' +
          '- "raw": bytes\n\nIts first rows:\n\n```text\nshop,cups,price,open,when,day,dues,list,raw\n' +
          'Café,3,1.5,true,2025-03-01T10:00:00.000Z,2025-03-01,1.25,[1,2],<1 byte>\n',
      );
    }
  });

  test('with its index, without rows, and as far as it is cheap', async () => {
    const [index, empty, large] = await described(
      ['index.parquet', 'empty.parquet', 'large.parquet'].map(written),
    );
    expect(index).toContain('- "shop": text, the index in pandas\n');
    expect(empty).toContain('is a Parquet table with 9 columns and 0 rows:');
    expect(large).toContain(
      'is a Parquet table with 120 columns and 90000 rows:\n\n- "column 0": whole numbers\n',
    );
    expect(large).toContain('- and 20 more');
    expect(large).not.toContain('Its first rows');
  });

  test('as broken, if it is', async () => {
    const whole = readFileSync(written('snappy.parquet'));
    // The list of the columns is at the end, and whole.
    const scrambled = Buffer.from(whole).fill(0x15, 4, 400);
    const playground = new Playground({
      'cut.parquet': whole.subarray(0, 2000),
      'words.parquet': 'Dear all,\n',
      'scrambled.parquet': scrambled,
    });
    const [cut, words, columns] = await described(
      ['cut.parquet', 'words.parquet', 'scrambled.parquet'],
      playground,
    );
    expect(cut).toMatch(/is named as a Parquet file, but cannot be read as one: .+footer/);
    expect(words).toMatch(/is named as a Parquet file, but cannot be read as one: /);
    expect(columns).toContain('- "cups": whole numbers');
  });
});

describe('an Excel workbook is described', () => {
  test('by its sheets, and the columns and a few rows of the first', async () => {
    const texts = await described(['openpyxl.xlsx', 'xlsxwriter.xlsx'].map(written));
    expect(texts).toHaveLength(2);
    for (const text of texts) {
      expect(text).toContain(
        'is an Excel workbook with the sheets "Sold & paid", "Other". On "Sold & paid" is a table with 6 columns (3 rows):\n\n' +
          '- "shop": text, some missing\n- "cups": whole numbers\n- "price": numbers, some missing\n- "open": true or false\n' +
          '- "when": dates, as in ISO 8601\n- "note": text, some missing\n\nIts first rows:\n\n```text\n' +
          'shop,cups,price,open,when,note\nCafé,3,1.5,true,2025-03-01T10:00:00,<a> & b\n',
      );
      expect(text).toContain(',5,,true,2025-03-03T10:00:00,c d\n');
    }
  });

  test('also when it is large, and as broken, if it is', async () => {
    const playground = new Playground({
      'cut.xlsx': readFileSync(written('large.xlsx')).subarray(0, 5000),
      'words.xlsx': 'Dear all,\n',
    });
    const [large, cut, words] = await described(
      [written('large.xlsx'), 'cut.xlsx', 'words.xlsx'],
      playground,
    );
    expect(large).toMatch(/with 9 columns \(9000 rows\):\n\n- "column 0": whole numbers\n/);
    for (const text of [cut, words])
      expect(text).toMatch(/is named as an Excel workbook, but cannot be read as one: /);
  });
});

test.each(['table.csv', 'table.tsv', 'table.json', 'table.jsonl'])(
  '%s is described by its columns',
  async (name) => {
    const [text = ''] = await described([written(name)]);
    expect(text).toMatch(/with 4 columns \(3 (?:rows|records)\):\n/);
    expect(text).toMatch(
      /- "shop": text, some missing\n- "cups": whole numbers\n- "price": numbers, some missing\n- "open": true or false\n/,
    );
    expect(text).toMatch(
      /Its first rows:\n\n```text\nshop[,\t]cups[,\t]price[,\t]open\n"?Café"?[,\t]3[,\t]1\.5[,\t]true\n/i,
    );
  },
);
