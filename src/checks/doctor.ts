import {
  type ArtifactState,
  isStageEvent,
  type State,
  stateOf,
  versionsByStage,
} from '../domain/artifact.js';
import type { Oid } from '../domain/event.js';
import { tagRef, tagRefspec } from '../domain/refs.js';
import { looksLikeEvent, parseTagName } from '../domain/tag-name.js';
import { formatTime } from '../domain/time.js';
import { RegError } from '../errors.js';
import type { TagReading, TagRef } from '../git/port.js';
import { findBreaks } from '../registry/chains.js';
import type { RegistryContext } from '../registry/context.js';
import { findDeclaration } from '../registry/declared.js';
import { followLink } from '../registry/follow-link.js';
import { linkAt } from '../registry/link-at.js';
import { eventsIn, readAllTags } from '../registry/read.js';
import { short } from '../util/oid.js';
import { shellLine } from '../util/shell.js';

/** How far the doctor looks. */
export interface DoctorOptions {
  /** Asks neither the remote nor the sources of links. */
  offline?: boolean | undefined;
}

/** Lists everything that is wrong or odd with a registry, and what to do about it. */
export async function doctor(context: RegistryContext, { offline }: DoctorOptions): Promise<Ailment[]> {
  const { repository } = context;
  const remove = removingAt(repository.url);
  const readings = await readAllTags(repository.tags, 'all');
  const state = stateOf(eventsIn(readings).events);
  const commits = [...state.values()].flatMap((artifact) => artifact.events.map((event) => event.commit));
  const [isShallow, types, remote] = await Promise.all([
    repository.isShallow(),
    repository.objectTypes([...new Set(commits)]),
    offline ? undefined : askRemote(context),
  ]);
  const isRemote = remote !== undefined && 'tags' in remote;
  return [
    ...checkDepth(isShallow),
    ...checkTags(readings, isRemote ? remote : undefined, remove),
    ...checkNames(state),
    ...checkEvents(state, Math.floor(context.now() / 1000), remove),
    ...(await checkChains(context, state, readings)),
    ...checkCommits(state, types, isShallow, isRemote ? remote : undefined, remove),
    ...(isRemote ? checkRemote(readings.map(refOf), remote) : (remote ?? [])),
    ...(offline ? [] : await checkLinks(context, state)),
  ];
}

const refOf = (reading: TagReading): TagRef => ('tag' in reading ? reading.tag : reading.ref);

/** Every event but the first names the tag object of the one before it (SPEC §1, `Reg-Parent`). */
async function checkChains(
  { repository }: RegistryContext,
  state: State,
  readings: readonly TagReading[],
): Promise<Ailment[]> {
  const held = new Map(readings.map(refOf).map(({ name, oid }) => [name, oid]));
  const breaks = await findBreaks(repository.tags, [...state.values()], held);
  return breaks.map(({ event, message }) => ({
    level: 'warning',
    check: 'gap',
    subject: event.tag,
    message,
    fix: null,
  }));
}

/** The tags of the remote; an ailment when it cannot be asked; undefined when there is none. */
async function askRemote({
  repository,
  config,
}: RegistryContext): Promise<RemoteTags | Ailment[] | undefined> {
  if (repository.url !== undefined) return undefined;
  const { remote } = await config();
  if (!(await repository.hasRemote(remote))) return undefined;
  try {
    const tags = await repository.listRemoteTags(remote);
    return { name: remote, tags: new Map(tags.map((ref) => [ref.name, ref.oid])) };
  } catch (error) {
    if (!(error instanceof RegError)) throw error;
    return [
      {
        level: 'warning',
        check: 'remote',
        subject: remote,
        message: error.message,
        fix: shellLine('git', 'ls-remote', remote),
      },
    ];
  }
}

/** One thing that the doctor found. */
export interface Ailment {
  /** An `info` is allowed and worth knowing; anything else makes the doctor exit 1. */
  level: 'error' | 'warning' | 'info';
  /** The id of the check, such as `lightweight`. */
  check: string;
  /** The tag, artifact or file concerned; null for the repository itself. */
  subject: string | null;
  message: string;
  /** The command that mends it, null where somebody has to decide. */
  fix: string | null;
}

/** Tags that were meant as events and are none, and events whose tag objects are odd (SPEC §1). */
function checkTags(
  readings: readonly TagReading[],
  remote: RemoteTags | undefined,
  remove: RemoveTag,
): Ailment[] {
  return readings.flatMap((reading) =>
    'tag' in reading ? oddTag(reading, remove) : brokenTag(reading, remote, remove),
  );
}

/** What a remote has, where it was asked. */
interface RemoteTags {
  name: string;
  tags: ReadonlyMap<string, string>;
}

function oddTag({ tag, oddities }: Extract<TagReading, { tag: unknown }>, remove: RemoveTag): Ailment[] {
  const { name } = tag;
  if (parseTagName(name) === undefined) return lookAlike(name, remove);
  return oddities.map((oddity) => ({
    level: 'warning',
    check: 'odd-object',
    subject: name,
    message: `the tag counts and nothing has to be done, but ${oddity}`,
    fix: null,
  }));
}

function brokenTag(
  { ref, defect, detail }: Exclude<TagReading, { tag: unknown }>,
  remote: RemoteTags | undefined,
  remove: RemoveTag,
): Ailment[] {
  if (parseTagName(ref.name) === undefined) return lookAlike(ref.name, remove);
  const message = `it has the name of an event and is none: ${detail}`;
  return [{ level: 'error', check: defect, subject: ref.name, message, fix: mend(ref, remote, remove) }];
}

/** A checkout may hold a tag otherwise than the remote does; then the remote's is the one to have. */
function mend({ name, oid }: TagRef, remote: RemoteTags | undefined, remove: RemoveTag): string {
  const there = remote?.tags.get(name);
  if (remote && there !== undefined && there !== oid) return fetchTag(remote.name, name);
  return remove(name);
}

/** Gives the command that deletes a tag. */
type RemoveTag = (tagName: string) => string;

/** Where a tag is deleted: here, whatever its object is, or at a URL. */
const removingAt =
  (url: string | undefined): RemoveTag =>
  (tagName) =>
    url === undefined
      ? shellLine('git', 'update-ref', '-d', tagRef(tagName))
      : shellLine('git', 'push', '--delete', url, tagRef(tagName));

/** The command that takes a tag over from a remote. */
const fetchTag = (remote: string, tagName: string): string =>
  shellLine('git', 'fetch', '--no-tags', remote, `+${tagRefspec(tagName)}`);

function lookAlike(name: string, remove: RemoveTag): Ailment[] {
  if (!looksLikeEvent(name)) return [];
  const message = 'it looks like an event, but its name cannot be read as one';
  return [
    {
      level: 'error',
      check: 'look-alike',
      subject: name,
      message,
      fix: remove(name),
    },
  ];
}

/** Artifacts whose names a file system or a reader could take for one another. */
function checkNames(state: State): Ailment[] {
  const first = new Map<string, string>();
  return [...state.keys()].flatMap((name): Ailment[] => {
    const other = first.get(name.toLowerCase());
    if (other === undefined) first.set(name.toLowerCase(), name);
    if (other === undefined) return [];
    const message = `it differs from the artifact '${other}' by letter case alone; give one of them up: ${shellLine('reg', 'deprecate', name)}`;
    return [{ level: 'warning', check: 'letter-case', subject: name, message, fix: null }];
  });
}

/**
 * Commits that tags name and this repository has not got, or that are none.
 * @param types what the objects are that tags name as commits; `missing` among them
 */
function checkCommits(
  state: State,
  types: ReadonlyMap<string, string>,
  isShallow: boolean,
  remote: RemoteTags | undefined,
  remove: RemoveTag,
): Ailment[] {
  const events = [...state.values()].flatMap((artifact) => artifact.events);
  return events.flatMap(({ tag, commit }): Ailment[] => {
    const type = types.get(commit) ?? 'commit';
    // a shallow clone lacks commits by design, and says so once
    if (type === 'commit' || (type === 'missing' && isShallow)) return [];
    const what = `its commit ${short(commit)} is ${type === 'missing' ? 'not in this repository' : `a ${type}`}`;
    const check = type === 'missing' ? 'missing-commit' : 'not-a-commit';
    const from = type === 'missing' && remote?.tags.has(tag) ? remote.name : undefined;
    const fix = from === undefined ? remove(tag) : shellLine('git', 'fetch', '--no-tags', from, commit);
    return [{ level: 'error', check, subject: tag, message: what, fix }];
  });
}

/** A clone whose history was cut off, as CI makes them: events are all that a registry needs. */
function checkDepth(isShallow: boolean): Ailment[] {
  if (!isShallow) return [];
  const message =
    'this clone is shallow: the history of commits is cut off, and tags may be missing: reg sync';
  return [{ level: 'info', check: 'shallow', subject: null, message, fix: 'git fetch --unshallow --tags' }];
}

/** Events that the remote has and this clone lacks or holds otherwise. */
function checkRemote(local: readonly TagRef[], { name: remote, tags }: RemoteTags): Ailment[] {
  const here = new Map(local.map((ref) => [ref.name, ref.oid]));
  return [...tags].flatMap(([tagName, oid]): Ailment[] => {
    if (parseTagName(tagName) === undefined || here.get(tagName) === oid) return [];
    const isHere = here.has(tagName);
    return [
      {
        level: 'error',
        check: isHere ? 'differs-from-remote' : 'only-at-remote',
        subject: tagName,
        message: isHere
          ? `${remote} has another tag of this name; the command takes that one and drops this`
          : `${remote} has it and this clone does not`,
        fix: isHere
          ? fetchTag(remote, tagName)
          : shellLine('git', 'fetch', '--no-tags', remote, tagRefspec(tagName)),
      },
    ];
  });
}

/** How far ahead of this clock a tag may be dated, in seconds (SPEC §2). */
const DAY = 24 * 60 * 60;

/** What the events of each artifact say against each other. `now` is in seconds since the epoch. */
function checkEvents(state: State, now: number, remove: RemoveTag): Ailment[] {
  return [...state.values()].flatMap((artifact) => [
    ...clocks(artifact, now, remove),
    ...counters(artifact),
    ...versionsWithoutRegistration(artifact),
    ...sharedCommits(artifact),
  ]);
}

const ailment = (
  level: Ailment['level'],
  check: string,
  subject: string,
  message: string,
  fix: string | null = null,
): Ailment => ({
  level,
  check,
  subject,
  message,
  fix,
});

function clocks({ events }: ArtifactState, now: number, remove: RemoveTag): Ailment[] {
  return events.flatMap((event) => {
    if (event.date > now + DAY) {
      const ahead = `it is dated ${formatTime(event.date)}, in the future, and nothing can be written until then`;
      return [ailment('warning', 'clock', event.tag, ahead, remove(event.tag))];
    }
    if (event.time === event.date) return [];
    const message = `it is dated ${formatTime(event.date)}, before an event with a smaller counter; it counts as of ${formatTime(event.time)}`;
    return [ailment('warning', 'clock', event.tag, message)];
  });
}

function counters({ events }: ArtifactState): Ailment[] {
  const first = new Map<number, string>();
  return events.flatMap(({ counter, tag }) => {
    const other = counter === undefined ? undefined : first.get(counter);
    if (counter !== undefined && other === undefined) first.set(counter, tag);
    return other === undefined
      ? []
      : [
          ailment(
            'warning',
            'counter',
            tag,
            `it has the same counter as ${other}; the dates decide which came first`,
          ),
        ];
  });
}

function versionsWithoutRegistration({ name, events, versions }: ArtifactState): Ailment[] {
  return events.filter(isStageEvent).flatMap((event) => {
    const version = versions.get(event.of);
    if (event.kind !== 'assignment' || version?.registered) return [];
    if (event.of === event.commit)
      return [
        ailment(
          'info',
          'unregistered',
          event.tag,
          `it assigns commit ${short(event.commit)}, which has no version`,
          `reg register ${name} ${event.commit}`,
        ),
      ];
    return [
      ailment(
        'warning',
        'unregistered',
        event.tag,
        `it assigns ${event.of}, which has no registration, so it has no effect`,
      ),
    ];
  });
}

function sharedCommits({ name, versions }: ArtifactState): Ailment[] {
  const first = new Map<string, string>();
  return [...versions.values()].flatMap(({ id, registered, active, commit }) => {
    if (!registered || !active) return [];
    const other = first.get(commit);
    if (other === undefined) first.set(commit, id);
    return other === undefined
      ? []
      : [ailment('info', 'shared-commit', name, `${other} and ${id} are the same commit, ${short(commit)}`)];
  });
}

/** Links of what stages hold now whose source or commit is gone. */
async function checkLinks(context: RegistryContext, state: State): Promise<Ailment[]> {
  const ailments: Ailment[] = [];
  for (const artifact of state.values())
    for (const commit of commitsInUse(artifact)) {
      const problem = await brokenLink(context, artifact, commit);
      if (problem) ailments.push(problem);
    }
  return ailments;
}

function commitsInUse(artifact: ArtifactState): Set<Oid> {
  const held = [...versionsByStage(artifact).values()].flat();
  return new Set(held.map(({ version }) => version.commit));
}

async function brokenLink(
  context: RegistryContext,
  { name }: ArtifactState,
  commit: Oid,
): Promise<Ailment | undefined> {
  try {
    const declaration = await findDeclaration(context.repository, commit, name);
    if (declaration?.kind !== 'link') return undefined;
    await followLink(context, await linkAt(context, name, commit), async () => commit);
    return undefined;
  } catch (error) {
    if (!(error instanceof RegError)) throw error;
    const message = `its link at commit ${short(commit)} leads nowhere: ${error.message}`;
    return { level: 'error', check: 'link', subject: name, message, fix: null };
  }
}
