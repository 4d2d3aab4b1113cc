import { outdated } from '../../registry/outdated.js';
import { OutdatedRow } from '../../registry/rows.js';
import { shellLine } from '../../shell.js';
import { rowTable } from '../render/rows.js';
import { renderTable } from '../render/table.js';
import type { Session } from '../session.js';

export async function run({ out, open, inPlace }: Session, artifacts: string[]): Promise<number> {
  const rows = await outdated(await open(), artifacts);
  if (out.json) out.data(rows);
  else out.print(await renderTable(rowTable(OutdatedRow, rows, out, CELLS), out));
  for (const { artifact, problem } of rows) if (problem !== null) out.note(`${artifact}: ${problem}`);
  const known = rows.filter(({ problem }) => problem === null);
  if (rows.length === 0) out.note('every link is up to date');
  if (known.length > 0) out.hint(inPlace(updates(known)));
  return rows.length === 0 ? 0 : 1;
}

/** What brings all of them up to date: one command for those whose rev moved, and one for each rev that is newer. */
function updates(rows: readonly OutdatedRow[]): string {
  const revs = new Set(rows.map(({ newer }) => newer));
  return [...revs]
    .map((rev) => {
      const names = rows.filter(({ newer }) => newer === rev).map(({ artifact }) => artifact);
      return shellLine('reg', 'update', ...names, ...(rev === null ? [] : ['--rev', rev]));
    })
    .join('; ');
}

const CELLS = {
  source: ({ source }: OutdatedRow) => source.rev ?? '-',
  commit: ({ commit }: OutdatedRow) => short(commit),
  now: ({ now }: OutdatedRow) => short(now),
};

const short = (commit: string | null): string => commit?.slice(0, 12) ?? '-';
