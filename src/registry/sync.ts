import type { ResolvedEvent } from '../domain/artifact.js';
import type { Oid } from '../domain/event.js';
import type { ArtifactName } from '../domain/names.js';
import { compareText, mergeOrdered } from '../domain/order.js';
import { settingBehind } from '../domain/refusals.js';
import { RegError } from '../errors.js';
import { isBrokenRef, listArtifact, requireRemote, type TagRef, type Turn } from '../git/port.js';
import { attempts } from '../util/async.js';
import { creation, push, pushFailed, WRITE_RETRY } from './apply.js';
import { bring, compareTags, listBothSides } from './catch-up.js';
import type { RegistryContext } from './context.js';
import { declaredModel } from './declared-model.js';
import { noteOfFork } from './forks.js';
import { placeOfRegistration } from './former-names.js';
import { localPlace, refuseLocalBytes } from './local-bytes.js';
import { markGone } from './missing.js';
import { judgedRegistry, readRules } from './policy.js';
import { readState } from './read.js';
import type { StatusRow, SyncRow } from './rows.js';
import { requireRemoteName, whereItPushes } from './write-target.js';

/** How to sync. */
export interface SyncOptions {
  /** Called for each tag when it is done. */
  onRow?: ((row: SyncRow) => void) | undefined;
}

/** What takes notes beside the rows. */
export interface ForkOptions {
  /** Takes the note that another remote has artifacts which this one lacks. */
  onFork?: ((note: string) => void) | undefined;
}

/**
 * Fetches the registry's tags that are missing here, then pushes those that the remote lacks, one by one in the order of
 * events: GitHub starts no workflow for more than three tags that come in one push (GitHub Docs, "Events that trigger
 * workflows", push).
 * @throws RegError NO_CLONE, REMOTE_FAILED, REMOTE_REFUSED, INVALID_CONFIG where pushes go to several addresses
 */
export async function sync(
  registry: RegistryContext,
  { onRow, onFork }: SyncOptions & ForkOptions,
): Promise<SyncRow[]> {
  const remote = await requireRemoteName(registry);
  const context = whereItPushes(await judgedRegistry(registry, registry.offline));
  const { repository } = context;
  const { here, there, onlyHere, damaged } = await listBothSides(repository, remote);
  await tellFork(registry, remote, there, here, onFork);
  const { wanted, differing } = compareTags(here, there, damaged);
  await bring(repository, remote, wanted);
  const rows: SyncRow[] = [];
  const done = (action: SyncRow['action'], tag: string, oid: Oid): void => {
    rows.push({ tag, action, oid });
    onRow?.({ tag, action, oid });
  };
  for (const { name, oid } of differing) done('differs', name, oid);
  for (const { tag } of wanted) done('fetched', tag.name, tag.oid);
  for (const { name, oid } of lostIn(here, damaged, wanted)) done('damaged', name, oid);
  const missing = new Set(onlyHere.map(({ name }) => name));
  // lightweight tags were compared above
  const quiet = { ...context, offline: true, note: () => undefined };
  const state = await readState(quiet, undefined, () => undefined);
  // what is not here now, the remote does not have either
  await markGone(
    context,
    [...state.values()].map(({ events }) => events),
  );
  const events: ResolvedEvent[] = mergeOrdered([...state.values()].map(({ events }) => events));
  const turns = new Map<ArtifactName, Turn>();
  for (const event of events.filter(({ tag }) => missing.has(tag))) {
    if (event.kind === 'registration') await noteLocalBytes(context, remote, event);
    done(await pushEvent(context, remote, event, turns), event.tag, event.tagOid);
  }
  return rows;
}

/** Says of a registration that its bytes stay on this machine. Its tag is pushed all the same: a sync pushes what is here. */
async function noteLocalBytes(context: RegistryContext, remote: string, event: ResolvedEvent): Promise<void> {
  const { artifact, commit, tag } = event;
  const shared = async () => (await readRules(context, { kind: 'remote', remote })).config;
  try {
    const place = await localPlace(
      context,
      commit,
      await declaredModel(context, artifact, placeOfRegistration(event)),
    );
    await refuseLocalBytes(context, { artifact, commit, place, shared, hint: '' });
  } catch (error) {
    if (!(error instanceof RegError)) throw error;
    if (error.code === 'NOT_PUSHED') context.note(`${tag} is pushed, but ${error.message}`);
  }
}

/** Says that another remote has artifacts which this one lacks. */
async function tellFork(
  context: RegistryContext,
  remote: string,
  there: readonly TagRef[],
  here: readonly TagRef[],
  onFork: ForkOptions['onFork'],
): Promise<void> {
  const note = await noteOfFork(context, remote, () => there, here);
  if (note !== undefined) (onFork ?? context.note)(note);
}

async function pushEvent(
  { repository, now, signal }: RegistryContext,
  remote: string,
  { artifact, tag, tagOid }: ResolvedEvent,
  turns: Map<ArtifactName, Turn>,
): Promise<SyncRow['action']> {
  const one = { repository, remote, artifacts: [artifact], refs: [creation(tag, tagOid)] };
  let tried = 0;
  for await (const attempt of attempts(WRITE_RETRY, { now, signal })) {
    let turn = turns.get(artifact);
    turns.delete(artifact);
    if (turn === undefined) {
      const listing = await listArtifact(requireRemote(repository, remote), artifact);
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
        `what came before it is done; ${settingBehind(outcome.reason) ?? 'see what is left with: reg status'}`,
      );
    if (outcome.kind !== 'lost') throw pushFailed(outcome, one);
    tried = attempt;
  }
  throw new RegError('BUSY', `${tag} could not be pushed, tried ${tried} times: other writers were faster`);
}

/** Damaged tags that the remote does not have either, or has as others. */
const lostIn = (
  here: readonly TagRef[],
  damaged: ReadonlySet<string>,
  wanted: readonly { tag: TagRef }[],
): TagRef[] => here.filter(({ name }) => damaged.has(name) && !wanted.some(({ tag }) => tag.name === name));

/**
 * Compares the registry's tags with those of the remote, where pushes go; nothing is fetched. Rows are by tag name.
 * @throws RegError NO_CLONE, REMOTE_FAILED, INVALID_CONFIG where pushes go to several addresses
 */
export async function status(given: RegistryContext, { onFork }: ForkOptions = {}): Promise<StatusRow[]> {
  const remote = await requireRemoteName(given);
  // a change under review hides no tag that is missing
  const context = await judgedRegistry(given, given.offline);
  const { repository } = whereItPushes(context);
  const { here, there, onlyHere, damaged } = await listBothSides(repository, remote);
  await tellFork(context, remote, there, here, onFork);
  const { wanted, differing } = compareTags(here, there, damaged);
  const rows: StatusRow[] = [
    ...onlyHere.map(({ name, oid }) => ({
      tag: name,
      state: 'local-only' as const,
      local: oid,
      remote: null,
    })),
    ...wanted.map(({ tag: { name, oid }, replaces }) => ({
      tag: name,
      state: damaged.has(name) ? ('damaged' as const) : ('remote-only' as const),
      local: replaces === undefined || isBrokenRef({ oid: replaces }) ? null : replaces,
      remote: oid,
    })),
    ...lostIn(here, damaged, wanted).map(({ name, oid }) => ({
      tag: name,
      state: 'damaged' as const,
      local: isBrokenRef({ oid }) ? null : oid,
      remote: null,
    })),
    ...differing.map(({ name, oid }) => {
      const local = here.find((tag) => tag.name === name)?.oid ?? null;
      return { tag: name, state: 'differs' as const, local, remote: oid };
    }),
  ];
  return rows.sort((a, b) => compareText(a.tag, b.tag));
}
