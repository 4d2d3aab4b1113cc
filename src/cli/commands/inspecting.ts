import { parseTarget } from '../../domain/target.js';
import * as registry from '../../registry/check-ref.js';
import { describe as describeVersion } from '../../registry/describe.js';
import { type DiffOptions, diff as differences } from '../../registry/diff.js';
import { chosenBy } from '../../registry/queries.js';
import { CheckedRow, type Difference } from '../../registry/rows.js';
import type { OutputFormat } from '../output.js';
import { renderDiff } from '../render/diff.js';
import { rowTable } from '../render/rows.js';
import type { Session } from '../session.js';

/** `reg check-ref` */
export async function checkRef(
  { out, open }: Session,
  ref: string,
  {
    outputFormat,
    otherTags,
    at,
    fetch = outputFormat !== undefined,
  }: registry.CheckRefOptions & { outputFormat?: OutputFormat; otherTags?: 'ok' | 'refuse' },
): Promise<void> {
  if (otherTags === 'ok' && registry.isOtherRef(ref)) {
    await out.answer(null, () => []);
    out.note(`${ref} is no tag of this registry`);
    return;
  }
  const row = await registry.checkRef(await open(), ref, { at, fetch });
  await out.answer(row, () =>
    rowTable(CheckedRow, [row], out, {
      version: ({ version }) => version ?? '-',
      current: ({ current }) => (current ? 'current' : 'superseded'),
    }),
  );
}

/** `reg describe` */
export async function describe(
  { out, open }: Session,
  text: string,
  { rev, at }: { rev?: string; at?: Date },
): Promise<void> {
  const target = parseTarget(text);
  const row = await describeVersion(await open(), target.artifact, { rev, at, ...chosenBy(target) });
  await out.answer(row, () => ({
    head: ['field', 'value'],
    rows: Object.entries(row)
      .filter(([, value]) => value !== null && !(Array.isArray(value) && value.length === 0))
      .map(([key, value]) => [key, typeof value === 'object' ? JSON.stringify(value) : String(value)]),
  }));
}

/** `reg diff` */
export async function diff(
  { out, open }: Session,
  from: string,
  to: string | undefined,
  options: DiffOptions & { exitCode?: boolean },
): Promise<number> {
  const found = await differences(await open(), from, to, options);
  if (out.json) out.data(found);
  else out.print(await renderDiff(found, out));
  if (found.same) out.note(sameNote(found));
  for (const [name, log] of Object.entries(found.log))
    if (log?.problem) out.note(`the commits of the ${name} are not shown: ${log.problem}`);
  return options.exitCode && !found.same ? 1 : 0;
}

/** The note that two models are the same. Commits may still lie between them: those change no fact of the model. */
function sameNote({ from, to, log: { registry: log } }: Difference): string {
  const both = `${from.target} and ${to.target}`;
  const count = log === null ? 0 : log.added.length + log.removed.length;
  if (count === 0) return `${both} do not differ`;
  const number = log?.more ? `more than ${count}` : count;
  return `${both} say the same; ${number} commit${count === 1 ? '' : 's'} of the registry between`;
}
