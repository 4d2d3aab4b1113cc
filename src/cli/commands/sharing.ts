import type { RegistryContext } from '../../registry/context.js';
import { StatusRow, type SyncRow } from '../../registry/rows.js';
import * as syncing from '../../registry/sync.js';
import { deletionLine, differingHint } from '../next-step.js';
import { rowTable } from '../render/rows.js';
import type { Session } from '../session.js';

/** `reg status` */
export async function status(session: Session): Promise<number> {
  const { out, open, inPlace } = session;
  const context = await open();
  const fork = forkIn(session);
  const found = await syncing.status(context, fork);
  const name = await context.remote();
  const short = (oid: string | null): string => oid?.slice(0, 12) ?? '-';
  await out.answer(found, () =>
    rowTable(StatusRow, found, out, {
      local: ({ local }) => short(local),
      remote: ({ remote }) => short(remote),
    }),
  );
  const [first] = found;
  if (first === undefined) {
    if (!fork.isNoted()) out.note(sameNote(name));
    return 0;
  }
  if (found.every(({ state }) => state === 'differs')) out.hint(differingHint(session, name, first.tag));
  else {
    const types = await context.repository.objects.types(found.flatMap(({ remote }) => remote ?? []));
    const wasHere = ({ remote }: StatusRow): boolean => types.get(remote ?? '') === 'tag';
    out.hint(await syncHint(inPlace('reg sync'), session, context, name, found.filter(wasHere)));
  }
  return 1;
}

/** `reg sync` */
export async function sync(session: Session): Promise<number> {
  const { out, open } = session;
  const context = await open();
  const fork = forkIn(session);
  const onRow = ({ action, tag }: SyncRow): void => out.print(`${action}\t${tag}\n`);
  const rows = await syncing.sync(context, { onRow: out.isData ? undefined : onRow, ...fork });
  if (out.isData) out.data(rows);
  const remote = await context.remote();
  if (rows.length === 0 && !fork.isNoted()) out.note(sameNote(remote));
  const lost = rows.find(({ action }) => action === 'damaged');
  if (lost) out.note(`tags that cannot be read are not at ${remote} either: restore them from another clone`);
  const differing = rows.find(({ action }) => action === 'differs');
  if (differing === undefined) return lost ? 1 : 0;
  out.note('tags that differ were left alone: decide which one is right');
  out.hint(differingHint(session, remote, differing.tag));
  return 1;
}

/** Prints the note that another remote has artifacts, and says whether there was one: then both sides are not the same. */
function forkIn({ out, inPlace }: Session): { onFork: (note: string) => void; isNoted: () => boolean } {
  let isNoted = false;
  return {
    onFork: (note) => {
      isNoted = true;
      out.note(inPlace(note));
    },
    isNoted: () => isNoted,
  };
}

/** How many tags a hint names. */
const NAMED = 5;

/**
 * Sync brings back what was deleted here alone; where that may be so, the hint names the other way too.
 * @param found tags whose objects are here: others were never fetched
 */
async function syncHint(
  line: string,
  session: Session,
  context: RegistryContext,
  remote: string,
  found: readonly StatusRow[],
): Promise<string> {
  const gone = found.flatMap(({ state, local, tag }) =>
    state === 'remote-only' && local === null ? tag : [],
  );
  if (gone.length === 0 || gone.length > NAMED) return line;
  return `${line}; or, for tags that were deleted here on purpose: ${await deletionLine(session, context, remote, gone)}`;
}

const sameNote = (remote: string): string => `this repository and ${remote} hold the same events`;
