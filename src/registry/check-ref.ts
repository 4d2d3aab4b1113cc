import { type ArtifactState, artifactStateOf, currentIn, type ResolvedEvent } from '../domain/artifact.js';
import { findNamed } from '../domain/find.js';
import type { ArtifactName } from '../domain/names.js';
import { tagNameIn } from '../domain/refs.js';
import { looksLikeEvent, parseTagName } from '../domain/tag-name.js';
import { parseTarget, type Target } from '../domain/target.js';
import { formatTime } from '../domain/time.js';
import { cameAfter } from '../domain/timeline.js';
import { RegError, unreachable } from '../errors.js';
import { shellLine } from '../util/shell.js';
import { isClone, type RegistryContext } from './context.js';
import { fetchTags } from './fetch-tags.js';
import { historyRow } from './make-rows.js';
import { warnOrRefusePartial } from './missing.js';
import { type ReadOptions, requireCurrent, seconds } from './queries.js';
import { readArtifact, readEvents } from './read.js';
import type { CheckedRow } from './rows.js';

/** How to look at a ref. */
export interface CheckRefOptions extends ReadOptions {
  /**
   * First fetches the artifact's tags from the remote. A checkout in CI often lacks all but the one that it was started for,
   * and holds that as a lightweight one, which says nothing.
   */
  fetch?: boolean | undefined;
}

/**
 * Tells which event a ref is. `ref` is a tag's name, or its full name with `refs/tags/`. Where there is no such tag, `churn#prod` is the
 * assignment of what is in the stage, and `churn@latest` and `churn@v1.2.0` the registration of that version.
 * @throws RegError NOT_AN_EVENT, and for what is in a stage or a version what `which` and `latest` throw
 */
export async function checkRef(
  context: RegistryContext,
  ref: string,
  { at, fetch }: CheckRefOptions,
): Promise<CheckedRow> {
  const tagName = tagNameIn(ref);
  const name = parseTagName(tagName);
  const target = tagName === ref ? targetOf(ref) : undefined;
  const wanted = name?.artifact ?? target?.artifact;
  if (wanted === undefined) throw notAnEvent(tagName, looksLikeEvent(tagName) ? 'reg doctor' : 'reg history');
  if (fetch) await fetchTags(context, wanted);
  const { events } = await readEvents(context, wanted);
  await warnOrRefusePartial(context, wanted, events, events);
  const artifact = artifactStateOf(wanted, events, seconds(at));
  const event =
    artifact.events.find((one) => one.tag === tagName) ??
    (target && (await eventOf(context, target, artifact, tagName, at)));
  if (event === undefined) throw await missing(context, wanted, tagName, at);
  return {
    ...historyRow(event),
    current: isInEffect(event, artifact),
    previous: cameAfter(event, artifact) ?? null,
  };
}

/** Whether a ref belongs to something else: its name is not that of an event, and does not look like one. */
export function isOtherRef(ref: string): boolean {
  const name = tagNameIn(ref);
  return parseTagName(name) === undefined && !looksLikeEvent(name) && targetOf(ref) === undefined;
}

/** What a person points at with a stage or a version; undefined for other text. */
function targetOf(text: string): Required<Target> | undefined {
  try {
    const { artifact, which } = parseTarget(text);
    return which && { artifact, which };
  } catch {
    return undefined;
  }
}

/** The event that put a version where a person points; undefined where a tag has that name, because the tag is meant then. */
async function eventOf(
  context: RegistryContext,
  { which }: Required<Target>,
  artifact: ArtifactState,
  tagName: string,
  at: Date | undefined,
): Promise<ResolvedEvent | undefined> {
  if (artifact.events.length === 0) return undefined;
  if ((await context.repository.objects.commit(`refs/tags/${tagName}`)) !== undefined) return undefined;
  if (which.kind === 'stage') return (await requireCurrent(context, artifact, which.stage, at)).assignment;
  return findNamed(artifact, which, { at: seconds(at) }).event;
}

/** The error for a tag that is no event, or was not one yet. */
async function missing(
  context: RegistryContext,
  artifact: ArtifactName,
  tagName: string,
  at: Date | undefined,
): Promise<RegError> {
  const now = at && (await readArtifact(context, artifact));
  if (at === undefined || !now?.events.some(({ tag }) => tag === tagName)) {
    return notAnEvent(
      tagName,
      (await isClone(context)) ? shellLine('reg', 'check-ref', tagName, '--fetch') : 'reg doctor',
    );
  }
  return new RegError(
    'NOT_AN_EVENT',
    `'${tagName}' was not there yet at ${formatTime(at.getTime() / 1000)}`,
    `see when it came, with: ${shellLine('reg', 'check-ref', tagName)}`,
  );
}

const notAnEvent = (tagName: string, ask: string): RegError =>
  new RegError(
    'NOT_AN_EVENT',
    `'${tagName}' is no event of this registry`,
    `an event is an annotated tag such as churn@v1.2.0 or churn#prod#3, and present here; see: ${ask}`,
  );

/** Whether what an event says is still so: nothing that came later took it back or replaced it. */
function isInEffect(event: ResolvedEvent, artifact: ArtifactState): boolean {
  const version = event.of === undefined ? undefined : artifact.versions.get(event.of);
  switch (event.kind) {
    case 'registration':
      return version?.active === true && version.event.tag === event.tag;
    case 'deregistration':
      return version?.active === false && artifact.events.findLast(isAbout(event))?.tag === event.tag;
    case 'assignment':
      return currentIn(artifact, event.stage)?.assignment.tag === event.tag;
    case 'unassignment':
      return version?.stages.get(event.stage)?.tag === event.tag;
    case 'deprecation':
      return artifact.events.at(-1)?.tag === event.tag;
    default:
      return unreachable(event);
  }
}

/** Whether another event registers or deregisters the same version. */
const isAbout = (event: ResolvedEvent) => (other: ResolvedEvent) =>
  other.of === event.of && (other.kind === 'registration' || other.kind === 'deregistration');
