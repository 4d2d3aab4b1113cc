import { type ArtifactState, artifactStateOf, type ResolvedEvent } from '../domain/artifact.js';
import { CONFIG_FILE } from '../domain/config-file.js';
import type { Oid } from '../domain/event.js';
import { besideGto } from '../domain/gto.js';
import type { ArtifactName } from '../domain/names.js';
import type { Plan, Snapshot } from '../domain/plan.js';
import { isOvertaken, isSameWrite, type Unpushed, unpushedOf } from '../domain/unpushed.js';
import { RegError } from '../errors.js';
import {
  type RegistryRepository,
  type RemoteListing,
  requireRemote,
  requireWriter,
  type Turn,
} from '../git/port.js';
import { attempts, memoize, once } from '../util/async.js';
import {
  apply,
  type Change,
  type Confirm,
  changeOf,
  dryRows,
  follow,
  isTaken,
  pushFailed,
  together,
  WRITE_RETRY,
} from './apply.js';
import { broughtNote, catchUp, fetchedNote, lackingNote, type RemoteView } from './catch-up.js';
import type { RegistryContext } from './context.js';
import { type DeclaredAt, declaredModel, refuseUnsound, unlessUnreadable } from './declared-model.js';
import { refuseFork } from './forks.js';
import { type DeclaredPlace, placeOfRegistration } from './former-names.js';
import { usesGto } from './load-config.js';
import { localPlace, refuseLocalBytes } from './local-bytes.js';
import { type Intent, policyGuard } from './policy.js';
import { annotatedTags, artifactNamesIn, readAllTags, readArtifactNames, wholeEventsIn } from './read.js';
import type { WriteRow } from './rows.js';
import { refuseUnpushed } from './tracked-model.js';
import { type WriteTarget, whereItPushes, writeTargetOf } from './write-target.js';

/** Options that all writes share. */
export interface WriteOptions {
  message?: string | undefined;
  /** Decides and reports, and writes nothing. */
  dryRun?: boolean | undefined;
  /** Sends the tags to the remote first; the configuration's `push` by default. */
  push?: boolean | undefined;
  /** Does not ask the remote what it has before deciding. */
  offline?: boolean | undefined;
  /** Signs the tags, or does not; git's `tag.gpgSign` by default. */
  sign?: boolean | undefined;
  /** Lets a commit be registered that does not declare the artifact. */
  unlinked?: boolean | undefined;
  /** The commits were looked at when they were registered, under another name or before. */
  asRegistered?: boolean | undefined;
  /** A folder of this machine that was named on purpose, an absolute path: others have it too. */
  namedStore?: string | undefined;
  /** Writes what gto cannot read, in a repository with a `.gto`; what else it allows, each write says. */
  force?: boolean | undefined;
  /** Deletes the tags concerned instead of adding one. */
  delete?: boolean | undefined;
  /** Is asked before tags are deleted; without it, no tag is. */
  confirm?: Confirm | undefined;
}

/** What a write did. */
export interface Written {
  /** In the order of events: those that a push took along first, then those of the write. */
  rows: WriteRow[];
  /** Older tags that go to the remote with those of the write: pushed, or to be pushed where the write is not. */
  along: readonly string[];
  /** What else there is to say, such as why there was nothing to do. */
  note: string | undefined;
}

/** The state on which a write is decided. */
interface Before {
  snapshot: Snapshot;
  /** The turn at the remote where the write is pushed, otherwise the one here. */
  turn: Turn;
  /** What the remote had; undefined when it was not asked. */
  view: RemoteView | undefined;
  /** What the remote lacks; nothing where it was not asked. */
  unpushed: Unpushed;
}

/** What was decided about one artifact. */
interface Decision {
  before: Before;
  plan: Plan;
  /** The events that a push takes along. */
  brought: readonly ResolvedEvent[];
}

/** One attempt: what was decided, and what it changes. */
interface Attempt {
  decisions: readonly Decision[];
  change: Change;
}

/**
 * Decides about one artifact.
 * @param others the artifacts of the same write as they are before it, this one too
 */
export type Decide = (
  snapshot: Snapshot,
  declared: DeclaredAt,
  others: ReadonlyMap<ArtifactName, Snapshot>,
) => Plan | Promise<Plan>;

/** What a write does to one artifact. */
export interface Part {
  artifact: ArtifactName;
  decide: Decide;
}

/** Git in a repository on this machine may repeat a message so often. Then the message is final: other writers would change it. */
const REPETITIONS = 10;

/** Writes about one artifact; `writeTogether` says how. */
export const write = (
  registry: RegistryContext,
  artifact: ArtifactName,
  decide: Decide,
  options: WriteOptions,
): Promise<Written> => writeTogether(registry, [{ artifact, decide }], options);

/**
 * Reads, decides, and does what was decided: for all artifacts in one transaction, and in one push. When another writer was faster, it
 * starts again from the reading: the request may be refused now, or get the next number. This is the only loop of a write.
 * @param parts of different artifacts, at least one
 * @param nothing gives the error for a write that has nothing to do, and nothing that was done before to name
 * @throws RegError what `decide` refuses, NOT_DECLARED, GTO_UNREADABLE, DAMAGED, POLICY, SIGNING_FAILED, NO_IDENTITY, CONFIRMATION_NEEDED, BUSY when
 * it lost every time, BEHIND_REMOTE, REMOTE_FAILED, REMOTE_REFUSED,
 * INVALID_CONFIG where pushes go to several addresses
 */
export async function writeTogether(
  registry: RegistryContext,
  parts: readonly Part[],
  options: WriteOptions,
  nothing?: () => RegError,
): Promise<Written> {
  const target = await writeTargetOf(registry, options);
  const asking = options.offline ? { ...registry, offline: true } : registry;
  const context = target.push ? whereItPushes(asking) : asking;
  const { repository } = context;
  const names = parts.map(({ artifact }) => artifact);
  const decider = deciderOf(context, target, options);
  let lost: Attempt | undefined;
  let reason = '';
  let repeated = 0;
  let tried = 0;
  for await (const number of attempts(WRITE_RETRY, context)) {
    const listed = target.asks ? requireRemote(repository, target.remote).listArtifacts(names) : undefined;
    if (lost && listed && target.push && (await isTaken(lost.change.there, listed))) {
      await follow(lost.change.there, lost.change.here);
      return written(lost, target, decider.notes);
    }
    const decisions = await decider.decide(parts, listed);
    if (nothing && decisions.every(hasNothing)) throw nothing();
    if (options.dryRun) return foreseen(decisions, decider.notes);
    const changes: Change[] = [];
    for (const { before, plan, brought } of decisions) {
      const { name } = before.snapshot.artifact;
      changes.push(
        await changeOf(repository, name, { ...plan, brought }, target, before.view, options.confirm),
      );
    }
    for (const [index, decision] of decisions.entries())
      await decider.refuseSignatures(decision, changes[index]?.stored ?? []);
    const change = together(changes as [Change, ...Change[]]);
    const turns = decisions.map(({ before }) => before.turn);
    const outcome = await apply(repository, change, turns, target.push);
    const attempt = { decisions, change };
    if (outcome.kind === 'done') return written(attempt, target, decider.notes);
    if (outcome.kind !== 'lost') throw pushFailed(outcome, change.there);
    repeated = outcome.reason === reason && !target.push ? repeated + 1 : 0;
    lost = attempt;
    reason = outcome.reason;
    tried = number;
    if (repeated === REPETITIONS) break;
  }
  throw new RegError(
    'BUSY',
    `the tags of ${names.join(', ')} could not be written, tried ${tried} times: ${reason}`,
    'nothing was written; unless other writers are at work, fix what git reports first',
  );
}

const hasNothing = ({ plan, brought }: Decision): boolean =>
  plan.tags.length === 0 && !plan.deletes?.length && plan.standing === undefined && brought.length === 0;

/** What there is to say where a write takes back into use what was deprecated. */
function revivedNote(
  { name, deprecated, events }: ArtifactState,
  { tags, deletes }: Plan,
): string | undefined {
  if (!deprecated || deletes?.length || tags.length === 0 || tags.at(-1)?.event.kind === 'deprecation')
    return undefined;
  const { successor } = events.at(-1) ?? {};
  const called = successor === undefined ? '' : `, and its successor is ${successor}`;
  return `${name} was deprecated${called}: this takes it back into use`;
}

/** What a dry run says. */
function foreseen(decisions: readonly Decision[], notes: ReadonlySet<string | undefined>): Written {
  const along = decisions.flatMap(({ plan, brought }) => tagsAlong(plan, brought));
  return {
    rows: decisions.flatMap(({ plan, brought, before }) => dryRows(plan, brought, before.view)),
    along,
    note: noteOf([...notes, ...decisions.map(({ plan }) => plan.note), broughtNote(along, false)]),
  };
}

/** Makes what decides in every attempt of one write: rules, declarations and notes are the same for all of them. */
function deciderOf(context: RegistryContext, target: WriteTarget, options: WriteOptions) {
  const { repository } = context;
  const guard = policyGuard(context, target);
  const declared = memoize(
    ({ artifact, place }: { artifact: ArtifactName; place: DeclaredPlace }) =>
      declaredModel(context, artifact, place),
    { keepFailures: true },
  );
  const unpushed = memoize(
    ({ artifact, commit, path }: { artifact: ArtifactName; commit: Oid; path: string }) =>
      refuseUnpushed(context, artifact, commit, path, options.offline),
    { keepFailures: true },
  );
  const beside = once(async () => usesGto(repository, await context.workTree()));
  const notes = new Set([target.note]);
  const refuseBytes = async ({ before, plan, brought }: Decision, declaredAt: DeclaredAt): Promise<void> => {
    const artifact = before.snapshot.artifact.name;
    const fresh = options.asRegistered ? [] : [...newCommits(plan)];
    for (const commit of fresh) await refuseUnsound(context, artifact, commit, declaredAt);
    const shared = async () => (await guard.rules(before.view?.tips)).config;
    for (const place of [...fresh.map((commit) => ({ commit })), ...registeredIn(brought)]) {
      const { commit } = place;
      // what a push takes along may have been registered without a declaration that can be read
      const model = await declaredAt(place).catch(unlessUnreadable);
      if (model?.path !== undefined) notes.add(await unpushed({ artifact, commit, path: model.path }));
      if (!target.push) continue;
      await refuseLocalBytes(context, {
        artifact,
        commit,
        place: await localPlace(context, commit, model),
        shared,
        named: options.namedStore,
        hint: `put them where others reach them: reg upload PATH ${artifact} --store URL; or name the folder, where others have it too, in sources: {allow: […]} of ${CONFIG_FILE} on the default branch; or add --unlinked`,
      });
    }
  };
  const lookAt = async (
    artifact: ArtifactName,
    listed: Promise<RemoteListing> | undefined,
  ): Promise<Before> => {
    const before = await look(context, artifact, target, listed, options.delete);
    if (before.view?.tags.length === 0 && !options.delete)
      notes.add(await refuseFork(context, artifact, target, before.snapshot.tagNames));
    return before;
  };
  const decisionAbout = async (
    { artifact, decide }: Part,
    before: Before,
    others: ReadonlyMap<ArtifactName, Snapshot>,
  ): Promise<Decision> => {
    const declaredAt: DeclaredAt = (place) => declared({ artifact, place });
    const decided = await decideOnce(before, (snapshot) => decide(snapshot, declaredAt, others));
    const plan = (await beside()) ? besideGto(before.snapshot, decided, options.force) : decided;
    const brought = target.push && !options.delete ? broughtBy(plan, before.unpushed) : [];
    const decision = { before, plan, brought };
    if (!options.unlinked) await refuseBytes(decision, declaredAt);
    const approved = await guard.approved(intentOf(decision));
    notes.add(await guard.note()).add(before.view && fetchedNote(before.view, target.remote));
    notes.add(revivedNote(before.snapshot.artifact, approved));
    return { ...decision, plan: approved };
  };
  return {
    notes,
    /** Looks at every artifact, and then decides about each. */
    decide: async (
      parts: readonly Part[],
      listed: Promise<readonly RemoteListing[]> | undefined,
    ): Promise<Decision[]> => {
      const looks: Before[] = [];
      for (const [index, { artifact }] of parts.entries())
        looks.push(
          await lookAt(
            artifact,
            listed?.then((all) => all[index] as RemoteListing),
          ),
        );
      const snapshots = new Map(looks.map(({ snapshot }) => [snapshot.artifact.name, snapshot]));
      const decisions: Decision[] = [];
      for (const [index, part] of parts.entries())
        decisions.push(await decisionAbout(part, looks[index] as Before, snapshots));
      return decisions;
    },
    refuseSignatures: (decision: Decision, stored: readonly Oid[]): Promise<void> =>
      guard.refuseSignatures(stored, intentOf(decision)),
  };
}

/** What a decision is about to do, for the rules. */
const intentOf = ({ before: { snapshot, view }, plan, brought }: Decision): Intent => ({
  plan,
  brought,
  artifact: snapshot.artifact,
  tips: view?.tips,
});

/**
 * Looks at everything that the decision may depend on. Whatever another writer does after the turn was taken makes this
 * attempt a lost one.
 */
async function look(
  context: RegistryContext,
  artifact: ArtifactName,
  target: WriteTarget,
  listed: Promise<RemoteListing> | undefined,
  isDeleting = false,
): Promise<Before> {
  const { repository, config } = context;
  const { identity, remote, push, note } = target;
  const view =
    listed && (await catchUp(repository, artifact, remote, listed).catch(push ? undefined : hintAtOffline));
  const turn = push && view ? view.turn : await requireWriter(repository).turn(artifact);
  // what was read for a push is newer than the remote's turn; for a write here the tags are read after the turn here
  const readings =
    (push ? view?.readings : undefined) ?? (await readAllTags(annotatedTags(context), artifact));
  const { events, tagNames: names } = await wholeEventsIn(context, readings, artifact);
  // a name that is taken at the remote is taken, also by something that is not an event
  const tagNames = new Set([...names, ...(view?.tags ?? []).map(({ name }) => name)]);
  const otherArtifacts = tagNames.size === 0 ? await otherNames(repository, view && remote) : [];
  const { stages } = await config();
  const whole = artifactStateOf(artifact, events);
  const unpushed = view ? unpushedOf(whole, new Set(view.tags.map(({ name }) => name))) : NOTHING;
  // a push is decided on the events that the remote will have
  const isLeftOut = push && !isDeleting && unpushed.older.length > 0;
  const left = new Set(unpushed.older.map(({ tag }) => tag));
  const snapshot = {
    artifact: isLeftOut
      ? artifactStateOf(
          artifact,
          events.filter(({ tag }) => !left.has(tag)),
        )
      : whole,
    tagNames,
    otherArtifacts,
    stages,
    now: identity.now,
    // there is a note where there is a remote that was not asked
    mayLack: note !== undefined,
    shared: push,
  };
  return { snapshot, turn, view, unpushed };
}

const NOTHING: Unpushed = { following: [], registrations: [], older: [] };

function hintAtOffline(error: unknown): never {
  if (!(error instanceof RegError) || error.code !== 'REMOTE_FAILED') throw error;
  const hint = 'nothing was written; --offline decides on the tags that are here, which may be too few';
  throw new RegError(error.code, error.message, hint);
}

/** The artifacts that a new one could be taken for, here and at the remote that was asked. */
async function otherNames(
  repository: RegistryRepository,
  remote: string | undefined,
): Promise<ArtifactName[]> {
  const here = await readArtifactNames(repository.tags);
  if (remote === undefined || repository.address !== undefined) return here;
  return [...here, ...artifactNamesIn(await requireRemote(repository, remote).listTags())];
}

/** The commits that a plan brings into the registry, by registering them or by assigning them as they are. */
function newCommits({ tags }: Plan): ReadonlySet<Oid> {
  const added = tags.filter(
    ({ event, of, commit }) =>
      event.kind === 'registration' || (event.kind === 'assignment' && of === commit),
  );
  return new Set(added.map(({ commit }) => commit));
}

/** Where the registrations that a push takes along are declared. */
const registeredIn = (brought: readonly ResolvedEvent[]): DeclaredPlace[] =>
  brought.filter(({ kind }) => kind === 'registration').map(placeOfRegistration);

/**
 * Decides. A write that was made here before, and is asked for again to be pushed, is not made twice: where the same decision on
 * the state before events that are not pushed gives these events, they are the answer.
 */
async function decideOnce(
  { snapshot, unpushed }: Before,
  decide: (snapshot: Snapshot) => Plan | Promise<Plan>,
): Promise<Plan> {
  const { events, name } = snapshot.artifact;
  const local = new Set(snapshot.shared ? unpushed.following.map(({ tag }) => tag) : []);
  const begin = events.findLastIndex(({ tag }) => !local.has(tag)) + 1;
  if (begin === events.length) return decide(snapshot);
  const decided = await settled(decide, snapshot);
  if (!(decided instanceof RegError) && decided.tags.length === 0) return decided;
  for (let first = events.length - 1; first >= begin; first -= 1) {
    if (!(decided instanceof RegError) && decided.tags[0]?.event.kind !== events[first]?.kind) continue;
    const before = { ...snapshot, artifact: artifactStateOf(name, events.slice(0, first)) };
    const again = await settled(decide, before);
    if (again instanceof RegError || again.tags.length === 0) continue;
    const same = events.slice(first, first + again.tags.length);
    const later = events.slice(first + same.length);
    const standing = same.at(-1);
    if (standing && isSameWrite(again.tags, same) && !same.some((event) => isOvertaken(event, later)))
      return { tags: [], standing, note: `${standing.tag} is here already, and is not written again` };
  }
  if (decided instanceof RegError) throw decided;
  return decided;
}

async function settled(
  decide: (snapshot: Snapshot) => Plan | Promise<Plan>,
  snapshot: Snapshot,
): Promise<Plan | RegError> {
  try {
    return await decide(snapshot);
  } catch (error) {
    if (error instanceof RegError) return error;
    throw error;
  }
}

/** The events that a push of a plan takes along, in order. */
function broughtBy({ tags, standing }: Plan, { following, registrations }: Unpushed): ResolvedEvent[] {
  const versions = new Set([...tags.map(({ of }) => of), standing?.of]);
  return [...registrations.filter(({ of }) => versions.has(of)), ...following];
}

const tagsAlong = ({ standing }: Plan, brought: readonly ResolvedEvent[]): string[] =>
  brought.flatMap(({ tag }) => (tag === standing?.tag ? [] : [tag]));

function written(
  { decisions, change: { rows } }: Attempt,
  { push, remote }: WriteTarget,
  notes: ReadonlySet<string | undefined>,
): Written {
  const all = [...notes, ...decisions.map(({ plan }) => plan.note)];
  if (!push)
    return {
      rows: [...rows],
      along: decisions.flatMap(({ before: { snapshot, view } }) => registrationsFor(rows, snapshot, view)),
      note: noteOf(all),
    };
  const along = decisions.flatMap(({ plan, brought }) => tagsAlong(plan, brought));
  const done = new Set(rows.map(({ tag }) => tag));
  const lacking = decisions.flatMap(({ before: { unpushed } }) =>
    [...unpushed.older, ...unpushed.registrations].filter(({ tag }) => !done.has(tag)),
  );
  const note = noteOf([...all, broughtNote(along, true), lackingNote(lacking, remote)]);
  return { rows: [...rows], along, note };
}

/** The tags of registrations that the remote lacks, of the versions that new tags are about. */
function registrationsFor(
  rows: readonly WriteRow[],
  { artifact: { name, versions } }: Snapshot,
  view: RemoteView | undefined,
): string[] {
  if (view === undefined) return [];
  const there = new Set([...view.tags.map(({ name }) => name), ...rows.map(({ tag }) => tag)]);
  const found = rows.flatMap(({ artifact, version, created }) => {
    const event = created && artifact === name && version !== null ? versions.get(version)?.event : undefined;
    return event?.kind === 'registration' && !there.has(event.tag) ? [event.tag] : [];
  });
  return [...new Set(found)];
}

/** Notes in one text, each once. */
const noteOf = (notes: readonly (string | undefined)[]): string | undefined =>
  [...new Set(notes)].filter((note) => note !== undefined).join('\n') || undefined;
