import type { ResolvedEvent } from '../domain/artifact.js';
import type { Oid } from '../domain/event.js';
import type { ArtifactName } from '../domain/names.js';
import { mergeOrdered } from '../domain/order.js';
import { RegError } from '../errors.js';
import type { Turn } from '../git/port.js';
import { bring } from './catch-up.js';
import { compareTags, listBothSides } from './compare-tags.js';
import type { RegistryContext } from './context.js';
import { nobodyKnows, whenInterrupted } from './push-outcome.js';
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
  const state = missing.size === 0 ? new Map() : await readState(repository.tags);
  const events: ResolvedEvent[] = mergeOrdered([...state.values()].map(({ events }) => events));
  const turns = new Map<ArtifactName, Turn>();
  for (const event of events.filter(({ tag }) => missing.has(tag)))
    done(await pushEvent(context, remote, event, turns), event.tag, event.tagOid);
  return rows;
}

const ATTEMPTS = 10;

async function pushEvent(
  { repository }: RegistryContext,
  remote: string,
  { artifact, tag, tagOid }: ResolvedEvent,
  turns: Map<ArtifactName, Turn>,
): Promise<SyncRow['action']> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const turn = turns.get(artifact) ?? (await repository.listRemoteArtifact(remote, artifact)).turn;
    const refs = [{ tagName: tag, oid: tagOid }];
    const errand = { repository, remote, artifact, refs, isDeletion: false };
    const result = await repository.pushTags(remote, refs, turn).catch(whenInterrupted(errand));
    turns.delete(artifact);
    if (result.outcome === 'unanswered' || result.outcome === 'unknown') throw nobodyKnows(result, errand);
    if (result.outcome === 'refused')
      throw new RegError(
        'REMOTE_REFUSED',
        `${remote} refused ${tag}: ${result.reason}`,
        'what came before it is done; see what is left with: reg status',
      );
    if (result.outcome === 'done') {
      turns.set(artifact, { artifact, last: tagOid });
      return 'pushed';
    }
    const { tags } = await repository.listRemoteArtifact(remote, artifact);
    if (tags.some(({ name }) => name === tag)) return 'differs';
  }
  throw new RegError(
    'BUSY',
    `${tag} could not be pushed, tried ${ATTEMPTS} times: other writers were faster`,
  );
}
