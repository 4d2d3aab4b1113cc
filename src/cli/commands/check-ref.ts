import { checkRef } from '../../registry/check-ref.js';
import type { ReadOptions } from '../../registry/queries.js';
import { CheckedRow } from '../../registry/rows.js';
import { writeGithubFiles } from '../render/github-output.js';
import { rowTable } from '../render/rows.js';
import { renderTable } from '../render/table.js';
import type { Session } from '../session.js';

type Options = ReadOptions & { fetch?: boolean; githubOutput?: boolean };

export async function run({ out, open }: Session, ref: string, options: Options): Promise<void> {
  const { githubOutput, fetch = githubOutput, at } = options;
  const row = await checkRef(await open(), ref, { at, fetch });
  if (githubOutput) await writeGithubFiles(row, out.world.env);
  if (out.json) return out.data(row);
  const cells = {
    version: ({ version }: CheckedRow) => version ?? '-',
    current: ({ current }: CheckedRow) => (current ? 'current' : 'superseded'),
  };
  out.print(await renderTable(rowTable(CheckedRow, [row], out, cells), out));
}
