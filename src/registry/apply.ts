import type { Oid } from '../domain/event.js';
import { messageOf, type Plan, type PlannedTag } from '../domain/plan.js';
import type { ResolvedEvent } from '../domain/state.js';
import { RegError } from '../errors.js';
import type { Identity, NewRef, RegistryRepository, Turn } from '../git/port.js';
import { storeTag, tagObject } from './store-tag.js';
import type { RemoteView } from './catch-up.js';
import { outcomeOf } from './push-outcome.js';
import type { WriteOptions } from './write-options.js';
import { eventRow, plannedRow, type WriteRow } from './write-row.js';

/** Who writes, where to, and the turns that were taken for it. */
export interface Writer {
  identity: Identity;
  /** The turn here. */
  turn: Turn;
  push: boolean;
  /** Whether tags are signed. */
  sign: boolean;
  remote: string;
  /** What the remote had, and its turn; undefined when it was not asked. */
  view: RemoteView | undefined;
}

/** What came of a plan. */
export type Applied = { rows: WriteRow[] } | Failure;

/** Why nothing was written: another writer was faster, or something of which git may say the same forever. */
export interface Failure {
  failure: string;
  isRace: boolean;
}

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
  const failure = push ? await pushTags(repository, refs, writer) : await repository.createTags(refs, turn);
  if (failure !== undefined) return { failure, isRace: push };
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
  const failure = isThere ? undefined : await pushTags(repository, refs, writer);
  if (failure !== undefined) return { failure, isRace: true };
  return { rows: [{ ...eventRow(event), pushed: true }] };
}

async function pushTags(
  repository: RegistryRepository,
  refs: readonly NewRef[],
  { remote, turn, view }: Writer,
): Promise<string | undefined> {
  const errand = { repository, remote, artifact: turn.artifact, refs, isDeletion: false };
  const lost = await outcomeOf(repository.pushTags(remote, refs, view?.turn ?? turn), errand);
  if (lost !== undefined) return lost;
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
  { turn, push, remote, view }: Writer,
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
    const lost = await outcomeOf(repository.deleteRemoteTags(remote, known, view?.turn ?? turn), errand);
    if (lost !== undefined) return { failure: lost, isRace: true };
  }
  const failure = await repository.deleteTags(refs, turn);
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
