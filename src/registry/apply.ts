import type { ResolvedEvent } from '../domain/artifact.js';
import type { Oid } from '../domain/event.js';
import { messageOf, type Plan, type PlannedTag } from '../domain/plan.js';
import { RegError } from '../errors.js';
import type { Identity, NewRef, RegistryRepository, RemoteListing, Rest, Turn } from '../git/port.js';
import type { RemoteView } from './catch-up.js';
import { type Lost, outcomeOf } from './push-outcome.js';
import { storeTag, tagObject } from './store-tag.js';
import type { WriteOptions } from './write-options.js';
import { eventRow, plannedRow, type WriteRow } from './write-row.js';

/** Who writes, where to, and the turn that was taken for it. */
export interface Writer {
  identity: Identity;
  /** The remote's turn when tags are pushed, otherwise the one here. */
  turn: Turn;
  push: boolean;
  /** Whether tags are signed. */
  sign: boolean;
  remote: string;
  /** What the remote had; undefined when it was not asked. */
  view: RemoteView | undefined;
  /** What comes between a push that was lost and the next attempt. */
  rest: Rest;
}

/** What came of a plan. */
export type Applied = { rows: WriteRow[] } | Failure;

/** Why nothing was written: another writer was faster, or something of which git may say the same forever. */
export interface Failure {
  failure: string;
  isRace: boolean;
  /** What the remote has now, where the rest before another attempt is over already. */
  listing?: RemoteListing | undefined;
}

const lostRace = ({ reason, listing }: Lost): Failure => ({ failure: reason, isRace: true, listing });

/**
 * Creates the tags of a plan, at the remote first when they are to be pushed: no local tag that it has not got.
 * @param inspect looks at the tag objects while no ref leads to them yet, and may refuse them
 */
export async function applyTags(
  repository: RegistryRepository,
  { tags, standing }: Plan,
  writer: Writer,
  inspect: (oids: readonly Oid[]) => Promise<void>,
): Promise<Applied> {
  const { push, turn } = writer;
  if (tags.length === 0) return standing && push ? pushStanding(repository, standing, writer) : { rows: [] };
  const refs = await writeObjects(repository, tags, writer);
  await inspect(refs.map(({ oid }) => oid));
  if (push) {
    const lost = await pushTags(repository, refs, writer);
    if (lost) return lostRace(lost);
  } else {
    const failure = await repository.createTags(refs, turn);
    if (failure !== undefined) return { failure, isRace: false };
  }
  return {
    rows: tags.map((tag, index) => ({ ...plannedRow(tag), oid: refs[index]?.oid ?? null, pushed: push })),
  };
}

/** What is so here already need not be so at the remote: then that tag is sent, and no new one is made. */
async function pushStanding(
  repository: RegistryRepository,
  event: ResolvedEvent,
  writer: Writer,
): Promise<Applied> {
  const isThere = writer.view?.tags.some(({ name }) => name === event.tag);
  const refs = [{ tagName: event.tag, oid: event.tagOid }];
  const lost = isThere ? undefined : await pushTags(repository, refs, writer);
  if (lost) return lostRace(lost);
  return { rows: [{ ...eventRow(event), pushed: true }] };
}

async function pushTags(
  repository: RegistryRepository,
  refs: readonly NewRef[],
  { remote, turn, rest }: Writer,
): Promise<Lost | undefined> {
  const errand = { repository, remote, artifact: turn.artifact, refs, isDeletion: false };
  const lost = await outcomeOf(repository.pushTags(remote, refs, turn, rest), errand);
  if (lost) return lost;
  const failure = await repository.keepTags(refs);
  if (failure === undefined) return undefined;
  const names = refs.map(({ tagName }) => tagName);
  throw new RegError(
    'GIT_FAILED',
    `${remote} has ${names.join(' and ')}, but git did not write ${names.length === 1 ? 'it' : 'them'} here: ${failure}`,
    'get what is missing: reg sync',
  );
}

/** Deletes the tags of events, after somebody agreed. */
export async function applyDeletes(
  repository: RegistryRepository,
  events: readonly ResolvedEvent[],
  { turn, push, remote, view, rest }: Writer,
  { confirm }: WriteOptions,
): Promise<Applied> {
  const rows = events.map((event) => ({ ...eventRow(event), pushed: push }));
  if (!(await confirm?.(rows)))
    throw new RegError(
      'CONFIRMATION_NEEDED',
      `nothing was deleted; --delete would remove ${rows.map((row) => row.tag).join(', ')}`,
      'history that is deleted cannot be asked about any more; add --yes if that is what you want',
    );
  const refs = events.map((event) => ({ tagName: event.tag, oid: event.tagOid }));
  const there = new Set(view?.tags.map(({ name }) => name));
  const known = refs.filter(({ tagName }) => there.has(tagName));
  if (push && known.length > 0) {
    const errand = { repository, remote, artifact: turn.artifact, refs: known, isDeletion: true };
    const lost = await outcomeOf(repository.deleteRemoteTags(remote, known, turn, rest), errand);
    if (lost) return lostRace(lost);
  }
  const here = push ? await repository.takeTurn(turn.artifact) : turn;
  const failure = await repository.deleteTags(refs, here);
  return failure === undefined ? { rows } : { failure, isRace: false };
}

/** Stores the tag objects in order, so that each can name the one before it; no ref leads to them yet. */
async function writeObjects(
  repository: RegistryRepository,
  tags: readonly PlannedTag[],
  { identity, sign }: Writer,
): Promise<NewRef[]> {
  const refs: NewRef[] = [];
  for (const tag of tags) {
    const message = messageOf(tag, tag.parent === 'previous' ? refs.at(-1)?.oid : tag.parent);
    const { commit, tagName, date } = tag;
    const object = tagObject({ commit, tagName, date, message }, identity);
    refs.push({ tagName, oid: await storeTag(repository, object, sign) });
  }
  return refs;
}
