import type { Oid } from '../domain/event.js';
import type { ArtifactName } from '../domain/names.js';
import { mergeOrdered } from '../domain/order.js';
import type { ResolvedEvent } from '../domain/state.js';
import { RegError } from '../errors.js';
import type { Turn } from '../git/port.js';
import { attempts } from '../util/async.js';
import { creation, push, pushFailed, WRITE_RETRY } from './apply.js';
import { bring } from './catch-up.js';
import { compareTags, listBothSides } from './compare-tags.js';
import type { RegistryContext } from './context.js';
import { readState } from './read.js';
import { requireRemote } from './status.js';

/** What became of one tag: the `--json` of `sync`. */
export interface SyncRow {
  tag: string;
  /** `differs`: the remote has another one of that name, and neither was touched. */
  action: 'fetched' | 'pushed' | 'differs';
  /** What the remote has. */
  oid: Oid;
}

/** How to sync. */
export interface SyncOptions {
  /** Told of each tag when it is done. */
  onRow?: ((row: SyncRow) => void) | undefined;
}

/**
 * Fetches the registry's tags that are missing here, then pushes those that the remote lacks, one by one in the order of
 * events: GitHub starts no workflow for more than three tags that come in one push (GitHub Docs, "Events that trigger
 * workflows", push).
 * @throws RegError NO_CLONE, REMOTE_FAILED, REMOTE_REFUSED
 */
export async function sync(context: RegistryContext, { onRow }: SyncOptions): Promise<SyncRow[]> {
  const remote = await requireRemote(context);
  const { repository } = context;
  const { here, there, onlyHere } = await listBothSides(repository, remote);
  const { wanted, differing } = compareTags(here, there);
  await bring(repository, remote, wanted);
  const rows: SyncRow[] = [];
  const done = (action: SyncRow['action'], tag: string, oid: Oid): void => {
    rows.push({ tag, action, oid });
    onRow?.({ tag, action, oid });
  };
  for (const { name, oid } of differing) done('differs', name, oid);
  for (const { tag } of wanted) done('fetched', tag.name, tag.oid);
  const missing = new Set(onlyHere.map(({ name }) => name));
  const state = missing.size === 0 ? new Map() : await readState(repository);
  const events: ResolvedEvent[] = mergeOrdered([...state.values()].map(({ events }) => events));
  const turns = new Map<ArtifactName, Turn>();
  for (const event of events.filter(({ tag }) => missing.has(tag)))
    done(await pushEvent(context, remote, event, turns), event.tag, event.tagOid);
  return rows;
}

async function pushEvent(
  { repository, now, signal }: RegistryContext,
  remote: string,
  { artifact, tag, tagOid }: ResolvedEvent,
  turns: Map<ArtifactName, Turn>,
): Promise<SyncRow['action']> {
  const one = { repository, remote, artifact, refs: [creation(tag, tagOid)] };
  let tried = 0;
  for await (const attempt of attempts(WRITE_RETRY, { now, signal })) {
    let turn = turns.get(artifact);
    turns.delete(artifact);
    if (turn === undefined) {
      const listing = await repository.listRemoteArtifact(remote, artifact);
      const there = listing.tags.find(({ name }) => name === tag);
      if (there) return there.oid === tagOid ? 'pushed' : 'differs';
      turn = listing.turn;
    }
    const outcome = await push(one, turn);
    if (outcome.kind === 'done') {
      turns.set(artifact, { artifact, last: tagOid });
      return 'pushed';
    }
    if (outcome.kind === 'refused')
      throw new RegError(
        'REMOTE_REFUSED',
        `${remote} refused ${tag}: ${outcome.reason}`,
        'what came before it is done; see what is left with: reg status',
      );
    if (outcome.kind !== 'lost') throw pushFailed(outcome, one);
    tried = attempt;
  }
  throw new RegError('BUSY', `${tag} could not be pushed, tried ${tried} times: other writers were faster`);
}
