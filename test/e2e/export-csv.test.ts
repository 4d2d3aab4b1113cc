import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { HistoryRow } from '../../src/registry/rows.js';
import { jsonIn, type Run, regIn } from '../support/cli-here.js';
import { sandbox } from '../support/repo.js';
import { makeRegistry } from './registry.js';

// `reg export csv`: the journal for spreadsheets and data frames.

const box = sandbox();
const registry = makeRegistry(box, 'registry', 'churn', 'models:risk');
const reg = (...args: string[]): Promise<Run> => regIn(box, registry.dir)(...args);
const MESSAGE = '=HYPERLINK("http://evil.example","click")\n\nsecond, "quoted" line';
beforeAll(async () => {
  for (const args of [
    ['register', 'churn'],
    ['register', 'models:risk', '-m', MESSAGE],
    ['assign', 'churn', 'prod'],
  ]) {
    box.advance(3600);
    await reg(...args);
  }
});

/** The cells of each record, as RFC 4180 has them. */
function recordsIn(text: string): string[][] {
  const records: string[][] = [[]];
  for (const [, cell = '', end] of text.matchAll(/("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n)/g)) {
    records.at(-1)?.push(cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell);
    if (end === '\r\n') records.push([]);
  }
  return records.slice(0, -1);
}

test('every event is a record, oldest first, with every field as a column', async () => {
  const { stdout, stderr, code } = await reg('export', 'csv', '--raw');
  expect([code, stderr]).toEqual([0, '']);
  const [head = [], ...records] = recordsIn(stdout);
  expect(head).toEqual(Object.keys(HistoryRow.fields));
  const journal = (await jsonIn(box, registry.dir)('history', '--asc')) as Record<string, string | null>[];
  expect(records).toEqual(journal.map((row) => head.map((field) => row[field] ?? '')));
  expect(JSON.parse((await reg('export', 'csv', '--json')).stdout)).toEqual(journal);
});

test('a spreadsheet runs no message as a formula, and a note says what was changed', async () => {
  const { stdout, stderr } = await reg('export', 'csv');
  expect(
    recordsIn(stdout)
      .flat()
      .filter((cell) => /^[=+\-@]/.test(cell)),
  ).toEqual([]);
  expect(stdout).toContain(`"'=HYPERLINK(""http://evil.example"",""click"")`);
  expect(stderr).toContain("1 cell has a ' in front");
});

test('of one artifact, of a time, and into a file', async () => {
  expect(recordsIn((await reg('export', 'csv', 'churn')).stdout).length).toBe(3);
  expect(recordsIn((await reg('export', 'csv', '--until', '1999-01-01')).stdout).length).toBe(1);
  expect(await reg('export', 'csv', '-o', 'out/journal.csv', '-q')).toMatchObject({
    code: 0,
    stdout: 'out/journal.csv\n',
  });
  expect(readFileSync(join(registry.dir, 'out/journal.csv'), 'utf8')).toBe(
    (await reg('export', 'csv')).stdout,
  );
  expect(await reg('export', 'csv', 'nothing')).toMatchObject({ code: 1, stdout: '' });
  expect(await reg('export', 'csv', '--name', 'x')).toMatchObject({ code: 2, stdout: '' });
});
