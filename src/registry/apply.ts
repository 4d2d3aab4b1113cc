import type { ResolvedEvent } from '../domain/artifact.js';
import type { Oid } from '../domain/event.js';
import type { ArtifactName } from '../domain/names.js';
import { messageOf, type Plan, type PlannedTag } from '../domain/plan.js';
import { tagNameOf, tagRef } from '../domain/refs.js';
import { settingBehind } from '../domain/refusals.js';
import type { VersionId } from '../domain/state.js';
import type { EventName } from '../domain/tag-name.js';
import { RegError } from '../errors.js';
import {
  type Identity,
  type Outcome,
  type RefChange,
  type RegistryRepository,
  type RemoteListing,
  requireRemote,
  requireWriter,
  type Turn,
} from '../git/port.js';
import type { TagObject } from '../git/tag-object.js';
import type { Retry } from '../util/async.js';
import { shellLine } from '../util/shell.js';
import type { WriteRow } from './rows.js';
import type { WriteTarget } from './write-target.js';

/** A write whose objects are stored: the refs to change, and the rows that report them. */
export interface Change {
  /** The tag objects of the plan, in its order. */
  stored: readonly Oid[];
  /** What is pushed, where the write is pushed. */
  there: Push;
  /** Refs to change here. */
  here: readonly RefChange[];
  rows: readonly WriteRow[];
}

/** Asks whether tags are to be deleted. */
export type Confirm = (rows: readonly WriteRow[]) => Promise<boolean>;

/** A plan, and the events that its push takes along, in order. */
type PushedPlan = Plan & { brought: readonly ResolvedEvent[] };

/**
 * Makes the change of a plan. Tag objects are stored, and no ref leads to them yet.
 * @param listing what the remote has, where it was asked
 * @throws RegError SIGNING_FAILED, CONFIRMATION_NEEDED
 */
export async function changeOf(
  repository: RegistryRepository,
  artifact: ArtifactName,
  { tags, deletes = [], standing, brought }: PushedPlan,
  target: WriteTarget,
  listing: RemoteListing | undefined,
  confirm: Confirm | undefined,
): Promise<Change> {
  const { remote, push } = target;
  const change = (
    there: readonly RefChange[],
    here: readonly RefChange[],
    rows: readonly WriteRow[],
    stored: readonly Oid[] = [],
  ): Change => ({ stored, there: { repository, remote, artifacts: [artifact], refs: there }, here, rows });
  if (deletes.length > 0) {
    const rows = deletes.map((event) => ({ ...eventRow(event), pushed: push }));
    await requireConsent(rows, confirm);
    const there = deletes.filter((event) => isAmong(listing, event));
    return change(there.map(deletion), deletes.map(deletion), rows);
  }
  const oids = await storeTags(repository, tags, target);
  const creations = tags.map(({ tagName }, index) => creation(tagName, oids[index]));
  const rows = [
    ...standingRows(standing, brought, listing).map((row) => ({ ...row, pushed: row.pushed || push })),
    ...tags.map((tag, index) => ({ ...plannedRow(tag), oid: oids[index] ?? null, pushed: push })),
  ];
  const along = brought.map(({ tag, tagOid }) => creation(tag, tagOid));
  return change([...along, ...creations], creations, rows, oids);
}

const isAmong = (listing: RemoteListing | undefined, { tag }: ResolvedEvent): boolean =>
  listing?.tags.some(({ name }) => name === tag) ?? false;

/** The rows of events that are here already: those that a push takes along, and the answer where nothing is written. */
function standingRows(
  standing: ResolvedEvent | undefined,
  brought: readonly ResolvedEvent[],
  listing: RemoteListing | undefined,
): WriteRow[] {
  const isAlone = standing !== undefined && brought.every(({ tag }) => tag !== standing.tag);
  const events = isAlone ? [...brought, standing] : brought;
  return events.map((event) => ({ ...eventRow(event), pushed: isAmong(listing, event) }));
}

/** The rows of a plan that is not carried out. */
export const dryRows = (
  { tags, deletes = [], standing }: Plan,
  brought: readonly ResolvedEvent[],
  listing: RemoteListing | undefined,
): WriteRow[] => [
  ...standingRows(standing, brought, listing),
  ...tags.map(plannedRow),
  ...deletes.map(eventRow),
];

/** The creation of a tag. */
export const creation = (tagName: string, oid: Oid | undefined): RefChange => ({
  ref: tagRef(tagName),
  from: undefined,
  to: oid,
});

const deletion = ({ tag, tagOid }: ResolvedEvent): RefChange => ({
  ref: tagRef(tag),
  from: tagOid,
  to: undefined,
});

async function requireConsent(rows: readonly WriteRow[], confirm: Confirm | undefined): Promise<void> {
  if (await confirm?.(rows)) return;
  throw new RegError(
    'CONFIRMATION_NEEDED',
    `nothing was deleted; --delete would remove ${rows.map((row) => row.tag).join(', ')}`,
    'deleted history cannot be read any more; add --yes to delete it',
  );
}

/** Stores tag objects in order, so that each can name the one before it. */
async function storeTags(
  repository: RegistryRepository,
  tags: readonly PlannedTag[],
  { identity, sign }: WriteTarget,
): Promise<Oid[]> {
  const oids: Oid[] = [];
  for (const tag of tags) {
    const message = messageOf(tag, tag.parent === 'previous' ? oids.at(-1) : tag.parent);
    oids.push(await requireWriter(repository).store(tagObject({ ...tag, message }, identity), sign));
  }
  return oids;
}

/** The object of a new tag on a commit; `date` is in seconds since the epoch. */
export const tagObject = (
  { tagName, commit, date, message }: { tagName: string; commit: Oid; date: number; message: string },
  { name, email, zone }: Identity,
): TagObject => ({
  object: commit,
  type: 'commit',
  tag: tagName,
  tagger: { name, email },
  date,
  zone,
  message,
});

/** The changes of several artifacts as one, which is made whole or not at all. */
export function together([first, ...others]: readonly [Change, ...Change[]]): Change {
  if (others.length === 0) return first;
  const all = [first, ...others];
  return {
    stored: all.flatMap(({ stored }) => stored),
    there: {
      ...first.there,
      artifacts: all.flatMap(({ there }) => there.artifacts),
      refs: all.flatMap(({ there }) => there.refs),
    },
    here: all.flatMap(({ here }) => here),
    rows: all.flatMap(({ rows }) => rows),
  };
}

/** Makes a change: at the remote first where it is pushed, so that no tag is here that the remote does not have. */
export async function apply(
  repository: RegistryRepository,
  { there, here }: Change,
  turns: readonly Turn[],
  isPushed: boolean,
): Promise<Outcome> {
  if (!isPushed) return requireWriter(repository).change(here, ...turns);
  const outcome = await push(there, ...turns);
  if (outcome.kind === 'done') await follow(there, here);
  return outcome;
}

/**
 * Whether a remote has all that was pushed. A push that was lost may have been taken all the same: a request that is sent
 * twice is answered as lost the second time.
 * @param listed what the remote has now
 * @throws RegError REMOTE_FAILED
 */
export async function isTaken(pushed: Push, listed: Promise<readonly RemoteListing[]>): Promise<boolean> {
  const listings = await listed.catch((error: unknown) => {
    if (!(error instanceof RegError) || error.code !== 'REMOTE_FAILED') throw error;
    throw pushFailed({ kind: 'unknown', reason: error.message }, pushed);
  });
  const held = new Map(listings.flatMap(({ tags }) => tags.map(({ name, oid }) => [tagRef(name), oid])));
  return pushed.refs.every(({ ref, to }) => held.get(ref) === to);
}

/**
 * Changes refs here as a remote has them after a push.
 * @throws RegError GIT_FAILED
 */
export async function follow({ repository, remote }: Push, refs: readonly RefChange[]): Promise<void> {
  const outcome = await requireWriter(repository).change(refs);
  if (outcome.kind === 'done') return;
  const names = namesOf(refs);
  const [has, written, hint] = isDeletion(refs)
    ? ['deleted', 'delete', shellLine('git', 'tag', '--delete', ...names)]
    : ['has', 'write', 'reg sync'];
  throw new RegError(
    'GIT_FAILED',
    `${remote} ${has} ${names.join(' and ')}, but git did not ${written} ${names.length === 1 ? 'it' : 'them'} here: ${outcome.reason}`,
    `${isDeletion(refs) ? 'delete what is left' : 'get what is missing'}: ${hint}`,
  );
}

/** A push of refs that concern some artifacts. */
interface Push {
  repository: RegistryRepository;
  remote: string;
  artifacts: readonly ArtifactName[];
  refs: readonly RefChange[];
}

/**
 * Pushes refs.
 * @throws RegError REMOTE_FAILED, INTERRUPTED with where to look, because the remote may have taken the push
 */
export const push = (one: Push, ...turns: readonly Turn[]): Promise<Outcome> =>
  requireRemote(one.repository, one.remote)
    .push(one.refs, ...turns)
    .catch((error: unknown) => {
      if (!(error instanceof RegError) || error.code !== 'INTERRUPTED') throw error;
      throw new RegError('INTERRUPTED', 'interrupted while pushing', whereToLook(one));
    });

/** How often a write is tried that is lost to other writers: random pauses of up to a second let them come apart. */
export const WRITE_RETRY: Retry = {
  attempts: 50,
  deadlineMs: 30_000,
  longestPauseMs: (attempt) => Math.min(1000, 20 * 4 ** attempt),
};

/** How a push ends that was not taken, and that another try does not help. */
type Failure = Exclude<Outcome, { kind: 'done' | 'lost' }>;

/**
 * The error for a push that failed.
 * @param hint what to do where the remote refused it
 */
export function pushFailed(
  { kind, reason }: Failure,
  one: Push,
  hint = `nothing was written; ${settingBehind(reason) ?? 'the server decides who may push which tags'}`,
): RegError {
  const { remote, refs } = one;
  const names = namesOf(refs).join(' and ');
  const it = refs.length === 1 ? 'it' : 'them';
  if (kind === 'refused')
    return new RegError('REMOTE_REFUSED', `${remote} refused the push: ${reason}`, hint);
  if (kind === 'unknown')
    return new RegError(
      'REMOTE_FAILED',
      `it is not known whether ${remote} ${isDeletion(refs) ? 'deleted' : 'took'} ${names}: ${reason}`,
      whereToLook(one),
    );
  const asked = isDeletion(refs)
    ? `the deletion of ${names} (${reason}); it still has ${it}, and may yet delete ${it}`
    : `the push of ${names} (${reason}); it does not have ${it} so far, and may still take ${it}`;
  return new RegError('REMOTE_FAILED', `${remote} gave no answer to ${asked}`, whereToLook(one));
}

const namesOf = (refs: readonly RefChange[]): string[] => refs.map(({ ref }) => tagNameOf(ref) ?? ref);

const isDeletion = (refs: readonly RefChange[]): boolean => refs.every(({ to }) => to === undefined);

/** A write that is repeated, although it was done, may do another one: a second rollback undoes the first. */
function whereToLook({ repository, remote, artifacts, refs }: Push): string {
  const [only, ...others] = artifacts;
  const history =
    others.length === 0 && only !== undefined
      ? shellLine('reg', 'history', only, '-n', '3')
      : shellLine('reg', 'history', '-n', `${refs.length}`);
  return repository.address === undefined
    ? `look before doing it again: reg status (what ${remote} has), ${history} (what is here)`
    : `look before doing it again: ${history}`;
}

const rowOf = (
  event: EventName,
  { tag, of, commit, oid }: { tag: string; of: VersionId | undefined; commit: Oid; oid: Oid | null },
  created: boolean,
): WriteRow => ({
  tag,
  event: event.kind,
  artifact: event.artifact,
  version: of ?? null,
  stage: 'stage' in event ? event.stage : null,
  commit,
  oid,
  created,
  pushed: false,
});

/** The row of a tag that is planned. */
const plannedRow = (planned: PlannedTag): WriteRow =>
  rowOf(planned.event, { ...planned, tag: planned.tagName, oid: null }, true);

/** The row of a tag that exists: one to delete or to push, or the answer to a request that needs no write. */
const eventRow = (event: ResolvedEvent): WriteRow => rowOf(event, { ...event, oid: event.tagOid }, false);
