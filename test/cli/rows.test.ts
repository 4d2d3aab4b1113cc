import { expect, it } from 'vitest';
import { outputTo } from '../../src/cli/output.js';
import type { World } from '../../src/cli/world.js';

/** What an output prints. */
function printed(fields: string[] | undefined, print: (out: ReturnType<typeof outputTo>) => void): string {
  const parts: string[] = [];
  const stdout = { write: (text: string) => parts.push(text) };
  print(outputTo({ stdout, stderr: stdout, env: {} } as unknown as World, { json: true, fields }));
  return parts.join('');
}

it.each([0, 1, 2000, 2001, 6000])('%i rows are the same JSON in pieces as at once', (count) => {
  const rows = Array.from({ length: count }, (_, index) => ({ index, list: [], text: `a\u009b${index}` }));
  for (const fields of [undefined, ['index', 'text']])
    expect(printed(fields, (out) => out.rows(rows, (row) => row))).toBe(
      printed(fields, (out) => out.data(rows)),
    );
});
