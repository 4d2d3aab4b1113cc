import { checkRef } from '../../registry/check-ref.js';
import type { ReadOptions } from '../../registry/queries.js';
import { writeGithubFiles } from '../render/github-output.js';
import { moment } from '../render/moment.js';
import { renderTable } from '../render/table.js';
import type { Session } from '../session.js';

type Options = ReadOptions & { fetch?: boolean; githubOutput?: boolean };

export async function run({ out, open }: Session, ref: string, options: Options): Promise<void> {
  const { githubOutput, fetch = githubOutput, at } = options;
  const row = await checkRef(await open(), ref, { at, fetch });
  if (githubOutput) await writeGithubFiles(row, out.world.env);
  if (out.json) return out.data(row);
  const { artifact, event, version, stage, time, author, current } = row;
  const fields = [
    artifact,
    event,
    version ?? '-',
    stage ?? '-',
    moment(time, out.world),
    author,
    current ? 'current' : 'superseded',
  ];
  const head = ['artifact', 'event', 'version', 'stage', 'time', 'by', 'effect'];
  out.print(await renderTable({ head, rows: [fields] }, out));
}
