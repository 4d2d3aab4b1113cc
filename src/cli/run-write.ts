import { tagRef } from '../domain/refs.js';
import type { WriteRow } from '../registry/apply.js';
import type { RegistryContext } from '../registry/context.js';
import type { WriteOptions, Written } from '../registry/write.js';
import { shellLine } from '../util/shell.js';
import { asking } from './ask.js';
import type { Session } from './session.js';

type Options = WriteOptions & { delete?: boolean | undefined; yes?: boolean | undefined };

/** Runs a write: opens the registry, asks before anything is deleted, and prints what came of it. */
export async function runWrite<T extends Options>(
  session: Session,
  options: T,
  call: (context: RegistryContext, options: T) => Promise<Written>,
): Promise<void> {
  const context = await session.open();
  await printWritten(session, context, await call(context, asking(session, options)), options);
}

/** Prints the tags that a write made, or would make, and the push that is left to do (SPEC §5). */
async function printWritten(
  session: Session,
  context: RegistryContext,
  { rows, note }: Written,
  { dryRun, delete: isDeleting }: Options,
): Promise<void> {
  const { out, inPlace } = session;
  if (out.json) out.data(rows);
  else for (const row of rows) out.line(row.tag);
  if (note !== undefined) out.note(inPlace(note));
  if (dryRun && rows.some((row) => !row.pushed))
    return out.note(`no event was ${isDeleting ? 'deleted' : 'written'}: this is a dry run`);
  await pushHint(session, context, rows, isDeleting);
}

/** Names the push that is left to do, if any is. */
export async function pushHint(
  { out, repo }: Session,
  context: RegistryContext,
  rows: readonly WriteRow[],
  isDeleting = false,
): Promise<void> {
  if (rows.every((row) => row.pushed)) return;
  const { remote } = await context.config();
  const words = [
    'git',
    ...(repo === '.' ? [] : ['-C', repo]),
    'push',
    ...(isDeleting ? ['--delete'] : []),
    remote,
    ...rows.map((row) => tagRef(row.tag)),
  ];
  out.hint(shellLine(...words));
}
