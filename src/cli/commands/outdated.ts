import { type OutdatedRow, outdated } from '../../registry/outdated.js';
import { shellLine } from '../../util/shell.js';
import { renderTable } from '../render/table.js';
import type { Session } from '../session.js';

export async function run({ out, open, inPlace }: Session, artifacts: string[]): Promise<number> {
  const rows = await outdated(await open(), artifacts);
  if (out.json) out.data(rows);
  else
    out.print(
      await renderTable({ head: ['artifact', 'rev', 'pinned', 'now', 'newer'], rows: rows.map(cells) }, out),
    );
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

const cells = ({ artifact, source, commit, now, newer }: OutdatedRow): string[] => [
  artifact,
  source.rev ?? '-',
  short(commit),
  short(now),
  newer ?? '-',
];

const short = (commit: string | null): string => commit?.slice(0, 12) ?? '-';
