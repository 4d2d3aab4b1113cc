import { missingPin } from '../documents/link.js';
import {
  type ArtifactState,
  isStageEvent,
  type State,
  stateOf,
  type VersionState,
  versionsByStage,
} from '../domain/artifact.js';
import { sharedCounters } from '../domain/chain.js';
import { datedAhead } from '../domain/clock.js';
import { CONFIG_FILE } from '../domain/config-file.js';
import type { Oid } from '../domain/event.js';
import { gtoNameTrouble, gtoTroubles } from '../domain/gto.js';
import type { ArtifactName } from '../domain/names.js';
import { tagRef, tagRefspec } from '../domain/refs.js';
import { looksLikeEvent, parseTagName } from '../domain/tag-name.js';
import { formatTime } from '../domain/time.js';
import { failureOf } from '../errors.js';
import { isBrokenRef, refOf, requireRemote, type TagReading, type TagRef } from '../git/port.js';
import type { RegistryContext } from '../registry/context.js';
import { damageOf } from '../registry/damage.js';
import { filesAt, findDeclared } from '../registry/declared.js';
import { excludingAs } from '../registry/exclusion.js';
import { noteOfFork } from '../registry/forks.js';
import { placeOf } from '../registry/former-names.js';
import { followLink, linkIn } from '../registry/links.js';
import { usesGto } from '../registry/load-config.js';
import { type Rules, readRules, rulesSourceOf } from '../registry/policy.js';
import { eventsIn, readAllTags } from '../registry/read.js';
import type { DoctorFinding } from '../registry/rows.js';
import { short } from '../util/oid.js';
import { shellLine } from '../util/shell.js';
import { missingBytes } from './bytes.js';
import { checkDeclarations, unreadableLinks } from './declarations.js';
import type { Level } from './finding.js';
import { type ForeignTags, foreignTags } from './foreign-tags.js';
import { unreadableConfig } from './rules.js';
import { findBreaks } from './verify.js';

/** How far the doctor looks. */
export interface DoctorOptions {
  /** Asks neither the remote nor the sources of links. */
  offline?: boolean | undefined;
  /** Asks for the bytes of every version that is current in a stage too. */
  bytes?: boolean | undefined;
}

const found = (
  level: Level,
  check: string,
  subject: string | null,
  message: string,
  fix: string | null = null,
): DoctorFinding => ({ level, check, subject, message, fix });

/** Lists all problems and oddities of a registry, with the commands that solve them. */
export async function doctor(
  given: RegistryContext,
  { offline, bytes }: DoctorOptions,
): Promise<DoctorFinding[]> {
  // a configuration that cannot be read is a finding, and excludes nothing
  const isReadable = await given.exclusion().then(() => true, failureOf);
  const context = isReadable === true ? given : excludingAs(given, undefined);
  const { repository } = context;
  const readings = await readAllTags(repository.tags, 'all');
  const state = stateOf(eventsIn(readings).events);
  const foreign = await foreignTags(context, state, readings);
  const deletion = removalAt(repository.address);
  // only a tag that is provably of this registry may be deleted
  const remove: Removal = (tag) => (foreign.isOwn(tag) ? deletion(tag) : null);
  const commits = [...state.values()].flatMap((artifact) => artifact.events.map((event) => event.commit));
  const [isShallow, types, remote] = await Promise.all([
    repository.history.isShallow(),
    repository.objects.types([...new Set(commits)]),
    offline ? undefined : askRemote(context),
  ]);
  const tagsThere = remote !== undefined && 'tags' in remote ? remote : undefined;
  // a remote that was not asked may hold a right tag where this clone holds a wrong one: none is to be deleted
  const isUnknownThere =
    tagsThere === undefined &&
    repository.address === undefined &&
    (await repository.hasRemote(await context.remote()));
  // what an event names that is not here may be there
  const isLacked = lackedFrom(readings, tagsThere);
  const settled = new Map([...state].filter(([name]) => !isLacked(name)));
  const removeTag: Removal = (name) =>
    isUnknownThere && parseTagName(name) !== undefined ? 'reg sync' : remove(name);
  return [
    ...(await checkConfig(context)),
    ...[...foreign.byArtifact].map(([artifact, tags]) => foundForeign(artifact, tags)),
    ...checkDepth(isShallow),
    ...readings.flatMap((reading) => checkTag(reading, tagsThere, removeTag, foreign)),
    ...checkNames(state),
    ...[...state.values()].flatMap((artifact) => [
      ...checkDates(artifact, Math.floor(context.now() / 1000)),
      ...checkCounters(artifact),
      ...(settled.has(artifact.name) && !foreign.byArtifact.has(artifact.name)
        ? checkRegistrations(artifact)
        : []),
      ...checkSharedCommits(artifact),
    ]),
    ...(await checkGto(context, state, readings)),
    // a shallow clone may lack the tags that would fill a gap, and says so above
    ...(isShallow ? [] : await checkChains(context, settled, readings, offline)),
    ...checkCommits(state, types, isShallow, tagsThere, remove),
    ...(tagsThere ? checkRemote(readings.map(refOf), tagsThere) : []),
    ...(tagsThere ? await checkFork(context, readings.map(refOf), tagsThere) : []),
    ...(remote !== undefined && 'check' in remote ? [remote] : []),
    ...(await checkFiles(context)),
    ...(offline ? [] : await checkLinks(context, state)),
    ...(bytes ? await checkBytes(context, state) : []),
  ];
}

/** The configuration: what is wrong with it, and what it says without effect. */
async function checkConfig({ config }: RegistryContext): Promise<DoctorFinding[]> {
  try {
    const { notes } = await config();
    return notes.map(({ file, message, hint }) => found('warning', 'config', file, message, hint ?? null));
  } catch (error) {
    const { level, file, line, message } = unreadableConfig(error);
    return [found(level, 'config', file, `line ${line}: ${message}`)];
  }
}

/** An artifact that may be none: it is proposed to exclude it, and nothing is to be deleted. */
function foundForeign(artifact: ArtifactName, tags: readonly string[]): DoctorFinding {
  const [first = ''] = tags;
  const what = tags.length === 1 ? first : `${first} and ${tags.length - 1} more`;
  const message = `${what} may be of another tool: nothing declares ${artifact}, and no trailer says that reg wrote it; where that is so, put into ${CONFIG_FILE}: artifacts: {exclude: ['${artifact}']}`;
  return found('info', 'foreign', artifact, message);
}

/** The tags of a remote: what each holds, by name. */
interface RemoteTags {
  name: string;
  tags: ReadonlyMap<string, Oid>;
  /** The names of those that are lightweight, and so no events. */
  lightweight: ReadonlySet<string>;
}

/** The tags of the remote; a finding where it does not answer; undefined without a remote. */
async function askRemote({
  repository,
  remote: chosen,
}: RegistryContext): Promise<RemoteTags | DoctorFinding | undefined> {
  if (repository.address !== undefined) return undefined;
  const remote = await chosen();
  if (!(await repository.hasRemote(remote))) return undefined;
  try {
    const tags = await requireRemote(repository, remote).listTags();
    return {
      name: remote,
      tags: new Map(tags.map((ref) => [ref.name, ref.oid])),
      lightweight: new Set(tags.flatMap(({ name, peeled }) => (peeled === undefined ? name : []))),
    };
  } catch (error) {
    return found(
      'warning',
      'remote',
      remote,
      failureOf(error).message,
      shellLine('git', 'ls-remote', remote),
    );
  }
}

/** Whether the registry is at another remote than the one that is meant. */
async function checkFork(
  context: RegistryContext,
  here: readonly TagRef[],
  { name, tags }: RemoteTags,
): Promise<DoctorFinding[]> {
  const there = [...tags.keys()].map((tag) => ({ name: tag }));
  const message = await noteOfFork(context, name, () => there, here);
  return message === undefined ? [] : [found('warning', 'remote', name, message)];
}

/** Makes the command that deletes a tag; null for one that is not to be deleted. */
type Removal = (tagName: string) => string | null;

/** The command that deletes a tag, here or at a URL. Here it works whatever object the tag holds. */
const removalAt =
  (url: string | undefined): Removal =>
  (tagName) =>
    url === undefined
      ? shellLine('git', 'update-ref', '-d', tagRef(tagName))
      : shellLine('git', 'push', '--delete', url, tagRef(tagName));

/** The command that replaces a tag with that of the remote. */
const replacement = (remote: string, tagName: string): string =>
  shellLine('git', 'fetch', '--no-tags', remote, `+${tagRefspec(tagName)}`);

/** A shallow clone, as CI makes them. It can do its work: a registry needs tags only. */
function checkDepth(isShallow: boolean): DoctorFinding[] {
  if (!isShallow) return [];
  const message =
    'this clone is shallow: the history of commits is cut off, and tags may be missing: reg sync';
  return [found('info', 'shallow', null, message, 'git fetch --unshallow --tags')];
}

/** A tag that looks like an event, or is one with an odd or broken object (docs/specification.md, section 1). */
function checkTag(
  reading: TagReading,
  remote: RemoteTags | undefined,
  remove: Removal,
  foreign: ForeignTags,
): DoctorFinding[] {
  const { name, oid } = refOf(reading);
  const isMissing = 'ref' in reading && reading.defect === 'missing';
  if (foreign.has(name) && !isMissing) return [];
  if (parseTagName(name) === undefined) {
    const message = 'it looks like an event, but its name cannot be read as one';
    return looksLikeEvent(name) ? [found('error', 'look-alike', name, message, remove(name))] : [];
  }
  if ('tag' in reading)
    return reading.oddities.map((oddity) =>
      found('warning', 'odd-object', name, `the tag counts and nothing has to be done, but ${oddity}`),
    );
  const message = `it is named as an event, but is not one: ${reading.detail}`;
  // a checkout may hold a tag otherwise than the remote does; then the remote's is right
  const there = remote?.tags.get(name);
  if (reading.defect === 'missing') return [damage(reading.ref, remote)];
  const removal = remove(name);
  if (remote === undefined || there === undefined || removal === null)
    return [found('error', reading.defect, name, message, removal)];
  // a fetch would bring back what is deleted here alone
  const both = `${shellLine('git', 'push', '--delete', remote.name, tagRef(name))} && ${removal}`;
  return [
    found('error', reading.defect, name, message, there === oid ? both : replacement(remote.name, name)),
  ];
}

/** A tag whose object cannot be read: its artifact has no answer until it is restored, and to delete it may lose an event. */
function damage(ref: TagRef, remote: RemoteTags | undefined): DoctorFinding {
  const message = `what it says is not known: ${damageOf(ref)}`;
  const there = remote?.tags.get(ref.name);
  if (there === undefined || isBrokenRef({ oid: there }))
    return found('error', 'missing', ref.name, `${message}; restore it from another clone or a backup`);
  const isAnother = there !== ref.oid && !isBrokenRef(ref);
  const fix = isAnother ? replacement(remote?.name ?? '', ref.name) : 'reg sync';
  return found('error', 'missing', ref.name, message, fix);
}

/** Whether the remote has events of an artifact that this clone lacks. */
function lackedFrom(
  readings: readonly TagReading[],
  there: RemoteTags | undefined,
): (artifact: ArtifactName) => boolean {
  const here = new Set(readings.map((reading) => refOf(reading).name));
  const lacking = [...(there?.tags.keys() ?? [])].filter((tag) => !here.has(tag));
  const names = new Set(lacking.map((tag) => parseTagName(tag)?.artifact));
  return (artifact) => names.has(artifact);
}

/** Each item that has the key of an earlier one, with the first item of that key. */
function repeated<T>(items: Iterable<T>, keyOf: (item: T) => unknown): { item: T; first: T }[] {
  const firsts = new Map<unknown, T>();
  return [...items].flatMap((item) => {
    const key = keyOf(item);
    const first = firsts.get(key);
    if (first === undefined) firsts.set(key, item);
    return first === undefined ? [] : [{ item, first }];
  });
}

/** Artifacts whose names differ by letter case only: file systems and readers confuse them. */
function checkNames(state: State): DoctorFinding[] {
  return repeated(state.keys(), (name) => name.toLowerCase()).map(({ item: name, first }) => {
    const message = `it differs from the artifact '${first}' by letter case alone; give one of them up: ${shellLine('reg', 'deprecate', name)}`;
    return found('warning', 'letter-case', name, message);
  });
}

/** Events with dates that do not fit this clock, or the order of counters. */
function checkDates({ events }: ArtifactState, now: number): DoctorFinding[] {
  const ahead = new Set(datedAhead(events, now));
  return events.flatMap((event) => {
    const date = formatTime(event.date);
    if (ahead.has(event)) {
      const message = `it is dated ${date}, ahead of this clock; until then every new tag of ${event.artifact} is dated after it`;
      return [found('warning', 'clock', event.tag, message)];
    }
    if (event.time === event.date) return [];
    const message = `it is dated ${date}, before an event with a smaller counter; it counts as of ${formatTime(event.time)}`;
    return [found('warning', 'clock', event.tag, message)];
  });
}

const checkCounters = (artifact: ArtifactState): DoctorFinding[] =>
  sharedCounters(artifact).map(({ event, message }) => found('warning', 'counter', event.tag, message));

/** Assignments of commits and of versions that were never registered. */
function checkRegistrations({ name, events, versions }: ArtifactState): DoctorFinding[] {
  return events.filter(isStageEvent).flatMap((event) => {
    if (event.kind !== 'assignment' || versions.get(event.of)?.registered) return [];
    if (event.of !== event.commit) {
      const message = `it assigns ${event.of}, which has no registration, so it has no effect`;
      return [found('warning', 'unregistered', event.tag, message)];
    }
    const message = `it assigns commit ${short(event.commit)}, which has no version`;
    return [found('info', 'unregistered', event.tag, message, `reg register ${name} ${event.commit}`)];
  });
}

/** Versions that are registered at the same commit. */
function checkSharedCommits({ name, versions }: ArtifactState): DoctorFinding[] {
  const active = [...versions.values()].filter((version) => version.registered && version.active);
  return repeated(active, ({ commit }) => commit).map(({ item, first }) => {
    const message = `${first.id} and ${item.id} are the same commit, ${short(item.commit)}`;
    return found('info', 'shared-commit', name, message);
  });
}

/** In a repository with a `.gto`, what gto cannot read or reads otherwise. */
async function checkGto(
  { repository, workTree }: RegistryContext,
  state: State,
  readings: readonly TagReading[],
): Promise<DoctorFinding[]> {
  if (!(await usesGto(repository, await workTree()))) return [];
  const names = readings.flatMap((reading) => {
    const { name } = refOf(reading);
    const trouble = 'tag' in reading ? gtoNameTrouble(name) : undefined;
    return trouble === undefined ? [] : [found('warning', 'gto-readable', name, trouble)];
  });
  const events = [...state.values()].flatMap((artifact) => gtoTroubles(artifact.events));
  return [
    ...names,
    ...events.map(({ tag, message, ends }) =>
      found(ends ? 'error' : 'warning', 'gto-readable', tag, message),
    ),
  ];
}

/** Events that do not follow the one that their `Reg-Parent` names (docs/specification.md, section 1). */
async function checkChains(
  context: RegistryContext,
  state: State,
  readings: readonly TagReading[],
  offline: boolean | undefined,
): Promise<DoctorFinding[]> {
  const held = new Map(readings.map(refOf).map(({ name, oid }) => [name, oid]));
  const rules = async (): Promise<Rules> => readRules(context, await rulesSourceOf(context, offline));
  const { breaks } = await findBreaks(context, [...state.values()], held, rules);
  return breaks.map(({ event, message }) => found('warning', 'gap', event.tag, message));
}

/**
 * Events at commits that are missing here, or at objects that are not commits.
 * @param types the types of the objects that events are at; `missing` is one of them
 */
function checkCommits(
  state: State,
  types: ReadonlyMap<Oid, string>,
  isShallow: boolean,
  remote: RemoteTags | undefined,
  remove: Removal,
): DoctorFinding[] {
  const events = [...state.values()].flatMap((artifact) => artifact.events);
  return events.flatMap(({ tag, commit }): DoctorFinding[] => {
    const type = types.get(commit) ?? 'commit';
    // a shallow clone lacks commits by design, and has a finding of its own
    if (type === 'commit' || (type === 'missing' && isShallow)) return [];
    const named = `its commit ${short(commit)} is`;
    if (type !== 'missing') return [found('error', 'not-a-commit', tag, `${named} a ${type}`, remove(tag))];
    const fix = remote?.tags.has(tag)
      ? shellLine('git', 'fetch', '--no-tags', remote.name, commit)
      : remove(tag);
    return [found('error', 'missing-commit', tag, `${named} not in this repository`, fix)];
  });
}

const isBroken = (oid: Oid | undefined): boolean => oid !== undefined && isBrokenRef({ oid });

/** Events of the remote that this clone lacks, or whose tags differ here. */
function checkRemote(
  local: readonly TagRef[],
  { name: remote, tags, lightweight }: RemoteTags,
): DoctorFinding[] {
  const here = new Map(local.map((ref) => [ref.name, ref.oid]));
  const isLacking = (tag: string): boolean => !here.has(tag) && !lightweight.has(tag);
  const lacking = [...tags.keys()].filter((tag) => parseTagName(tag) !== undefined && isLacking(tag));
  const isSeveral = lacking.length > 1;
  const message = `${remote} has ${lacking.length} tags of the registry that this clone does not have`;
  const once = isSeveral ? [found('error', 'only-at-remote', null, message, 'reg sync')] : [];
  const findings = [...tags].flatMap(([tag, oid]): DoctorFinding[] => {
    if (parseTagName(tag) === undefined || here.get(tag) === oid || isBroken(here.get(tag))) return [];
    if (here.has(tag)) {
      const message = `${remote} has another tag of this name; the command takes that one and drops this`;
      return [found('error', 'differs-from-remote', tag, message, replacement(remote, tag))];
    }
    if (lightweight.has(tag)) {
      const message = `${remote} has a lightweight tag of this name, which is no event: delete it there, or write the event again`;
      return [found('warning', 'only-at-remote', tag, message)];
    }
    if (isSeveral) return [];
    const fix = shellLine('git', 'fetch', '--no-tags', remote, tagRefspec(tag));
    return [found('error', 'only-at-remote', tag, `${remote} has it and this clone does not`, fix)];
  });
  return [...once, ...findings];
}

/** Versions in stages whose bytes are not where their declaration says. */
const checkBytes = async (context: RegistryContext, state: State): Promise<DoctorFinding[]> =>
  (await missingBytes(context, state.values())).map(({ level, artifact, message }) =>
    found(level, 'bytes', artifact, message),
  );

const LEVELS = {
  unreadable: 'error',
  entry: 'error',
  template: 'warning',
  type: 'error',
  old: 'info',
  name: 'warning',
  foreign: 'info',
} as const;

/** Files of HEAD that declare artifacts, or say where DVC has their bytes, and cannot be read or lead nowhere. */
async function checkFiles({ repository: { objects }, config }: RegistryContext): Promise<DoctorFinding[]> {
  const head = await objects.commit('HEAD');
  if (head === undefined) return [];
  const files = await filesAt(objects, head);
  const { faults } = await checkDeclarations(
    files,
    await config().then(
      ({ types }) => types,
      () => undefined,
    ),
  );
  return [...(await unreadableLinks(files)), ...faults].map(({ kind, file, line, message }) =>
    found(LEVELS[kind], 'declaration', file, line > 1 ? `line ${line}: ${message}` : message),
  );
}

/** Links of versions in stages whose source or commit is gone. */
async function checkLinks(context: RegistryContext, state: State): Promise<DoctorFinding[]> {
  const findings: DoctorFinding[] = [];
  for (const artifact of state.values()) {
    const held = [...versionsByStage(artifact).values()].flat();
    for (const version of new Map(held.map((one) => [one.version.commit, one.version])).values())
      findings.push(...(await checkLink(context, artifact, version)));
  }
  return findings;
}

async function checkLink(
  context: RegistryContext,
  { name }: ArtifactState,
  version: VersionState,
): Promise<DoctorFinding[]> {
  const { commit } = version;
  try {
    const { objects } = context.repository;
    const declaration = (await findDeclared(context.repository, name, placeOf(version)))?.declaration;
    if (declaration?.kind !== 'link') return [];
    const link = await linkIn(objects, commit, declaration.file);
    await followLink(context, link, async () => commit);
    const missing = missingPin(link);
    if (missing === undefined) return [];
    const message = `its link at commit ${short(commit)} has no ${missing}, so it may be other bytes tomorrow`;
    return [found('warning', 'link', name, message, shellLine('reg', 'update', name))];
  } catch (error) {
    const { message } = failureOf(error);
    return [found('error', 'link', name, `its link at commit ${short(commit)} leads nowhere: ${message}`)];
  }
}
