import { type State, stateOf } from '../domain/artifact.js';
import { RegError } from '../errors.js';
import type { TagReading, TagRef } from '../git/port.js';
import { findBreaks } from '../registry/chains.js';
import type { RegistryContext } from '../registry/context.js';
import { eventsIn } from '../registry/read.js';
import { shellLine } from '../util/shell.js';
import { checkEvents } from './check-events.js';
import { checkLinks } from './check-links.js';
import { checkCommits, checkDepth, checkNames, checkRemote } from './check-repository.js';
import { checkTags, type RemoteTags, removingAt } from './check-tags.js';
import type { Ailment } from './finding.js';

/** How far the doctor looks. */
export interface DoctorOptions {
  /** Asks neither the remote nor the sources of links. */
  offline?: boolean | undefined;
}

/** Lists everything that is wrong or odd with a registry, and what to do about it. */
export async function doctor(context: RegistryContext, { offline }: DoctorOptions): Promise<Ailment[]> {
  const { repository } = context;
  const remove = removingAt(repository.url);
  const readings = await repository.readTags();
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
  const breaks = await findBreaks(repository, [...state.values()], held);
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
