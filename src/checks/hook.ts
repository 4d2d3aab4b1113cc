import {
  ACCEPTANCES,
  type Acceptance,
  acceptanceOf,
  isUseless,
  stagesThatAsk,
} from '../domain/acceptance.js';
import { APPROVALS, type Approval, approvalOf } from '../domain/approval.js';
import { type Refusal, refuseArrivals } from '../domain/arrival.js';
import { artifactStateOf } from '../domain/artifact.js';
import { MOST_AHEAD_S } from '../domain/clock.js';
import { type Event, eventOf } from '../domain/event.js';
import type { ArtifactName } from '../domain/names.js';
import { tagNameOf } from '../domain/refs.js';
import { artifactOfTag, looksLikeEvent, parseTagName } from '../domain/tag-name.js';
import { formatTime } from '../domain/time.js';
import { failureOf, RegError } from '../errors.js';
import { refOf, type TagRef } from '../git/port.js';
import { signaturesOf } from '../registry/acceptances.js';
import type { RegistryContext } from '../registry/context.js';
import { excludingAs } from '../registry/exclusion.js';
import { type EventOf, judgeEvents, type Rules, readRules } from '../registry/policy.js';
import { readArtifactNames, readEvents } from '../registry/read.js';
import { once } from '../util/async.js';
import { isOid } from '../util/oid.js';

/**
 * Lists the tags that a server should refuse in a push: events, approvals and acceptances that are moved or deleted, tags that look like
 * an event but are not, and events and acceptances that break the policy of the team. Other refs are ignored. Rules and signers are those of the
 * default branch before the push.
 * @throws RegError what reading the rules and the tags throws
 */
export async function preReceive(given: RegistryContext, updates: readonly RefUpdate[]): Promise<Refusal[]> {
  const context = await asProtected(given, updates);
  const isExcluded = await context.exclusion();
  const isForeign = (tag: string): boolean => isExcluded?.(artifactOfTag(tag) ?? '') === true;
  const concerned = updates.flatMap((update) => {
    const tag = tagNameOf(update.refName);
    return tag === undefined || kindOf(tag) === 'other' || isForeign(tag) ? [] : [{ ...update, tag }];
  });
  const refusals = concerned.flatMap((update) => refuseChange(update) ?? []);
  const created = concerned.flatMap(({ tag, from, to }): TagRef[] =>
    from === undefined && to !== undefined && kindOf(tag) !== 'look-alike' ? [{ name: tag, oid: to }] : [],
  );
  if (created.length === 0) return refusals;
  const { events, approvals, acceptances, unfit } = await readArrivals(context, created);
  const rules = once(() => readRules(context, { kind: 'here' }));
  return [
    ...refusals,
    ...unfit,
    ...(await refuseEvents(context, { events, approvals }, rules)),
    ...(await refuseAcceptances(context, acceptances, rules)),
  ];
}

/**
 * A registry with the exclusion of the default branch before the push. A configuration that cannot be read excludes nothing.
 */
async function asProtected(
  context: RegistryContext,
  updates: readonly RefUpdate[],
): Promise<RegistryContext> {
  const names = updates.flatMap(({ refName }) => tagNameOf(refName) ?? []);
  if (!names.some((tag) => artifactOfTag(tag) !== undefined)) return context;
  const rules = await readRules(context, { kind: 'here' }).catch(failureOf);
  return excludingAs(context, rules instanceof RegError ? [] : rules.config.artifacts.exclude);
}

type Kind = 'event' | 'approval' | 'acceptance' | 'look-alike' | 'other';

function kindOf(tag: string): Kind {
  if (parseTagName(tag) !== undefined) return 'event';
  if (tag.startsWith(APPROVALS)) return 'approval';
  if (tag.startsWith(ACCEPTANCES)) return 'acceptance';
  return looksLikeEvent(tag) ? 'look-alike' : 'other';
}

function refuseChange({ tag, from, to }: RefUpdate & { tag: string }): Refusal | undefined {
  const kind = kindOf(tag);
  if (kind === 'look-alike')
    // to delete such a tag is the way to get rid of it
    return to === undefined
      ? undefined
      : { tag, message: 'it looks like an event, but its name cannot be read as one; choose another name' };
  const what = `an ${kind}`;
  if (to === undefined)
    return {
      tag,
      message: `it is ${what}, and history is not deleted; take it back with an event of its own`,
    };
  if (from !== undefined)
    return { tag, message: `it is ${what}, and tags of history do not move; write a new one` };
  return undefined;
}

interface Arrivals {
  events: Event[];
  approvals: Approval[];
  acceptances: Acceptance[];
  unfit: Refusal[];
}

/** Reads the new tags. Their objects are read by id, because no ref leads to them yet. */
async function readArrivals(
  { repository, now }: RegistryContext,
  created: readonly TagRef[],
): Promise<Arrivals> {
  const arrivals: Arrivals = { events: [], approvals: [], acceptances: [], unfit: [] };
  const isAhead = (date: number): boolean => date > Math.floor(now() / 1000) + MOST_AHEAD_S;
  for (const reading of await repository.tags.read(created)) {
    const { name: tag } = refOf(reading);
    const refuse = (message: string): void => void arrivals.unfit.push({ tag, message });
    const name = parseTagName(tag);
    if (!('tag' in reading))
      refuse(`${reading.detail}; make an annotated tag on a commit: reg register, reg assign`);
    else if (tag.startsWith(ACCEPTANCES)) {
      const acceptance = acceptanceOf(reading.tag);
      if ('problem' in acceptance)
        refuse(`it is no acceptance: ${acceptance.problem}; write it with reg verify --accept`);
      else if (isAhead(acceptance.date)) refuse(`${aheadOf(acceptance.date)} accept again`);
      else arrivals.acceptances.push(acceptance);
    } else if (name === undefined) {
      const approval = approvalOf(reading.tag);
      if ('problem' in approval) refuse(`it is no approval: ${approval.problem}; write it with reg approve`);
      else if (isAhead(approval.date)) refuse(`${aheadOf(approval.date)} approve again`);
      else arrivals.approvals.push(approval);
    } else if (reading.tag.ownName !== undefined)
      refuse(`it is forged: its object calls itself '${reading.tag.ownName}'; make a tag of its own`);
    else arrivals.events.push(eventOf(name, reading.tag));
  }
  return arrivals;
}

const aheadOf = (date: number): string =>
  `it is dated ${formatTime(date)}, ahead of the clock here; set the clock right, delete the tag and`;

/** Acceptances that the policy counts for no stage. */
async function refuseAcceptances(
  { repository }: RegistryContext,
  acceptances: readonly Acceptance[],
  rules: () => Promise<Rules>,
): Promise<Refusal[]> {
  if (acceptances.length === 0) return [];
  const { policy, signers } = await rules();
  const asking = stagesThatAsk(policy);
  const signatures = await signaturesOf(repository, acceptances, { policy, signers });
  return acceptances
    .filter((one) => isUseless(policy, one, signatures))
    .map(({ tag, tagger }) => ({
      tag,
      message: `the policy of ${asking.join(' and ')} does not count an acceptance by ${tagger.email}; one who may change the stage writes it, signed where the policy asks for it`,
    }));
}

async function refuseEvents(
  context: RegistryContext,
  { events: arriving, approvals }: Pick<Arrivals, 'events' | 'approvals'>,
  readRulesHere: () => Promise<Rules>,
): Promise<Refusal[]> {
  if (arriving.length === 0) return [];
  const { repository, now } = context;
  const refusals: Refusal[] = [];
  const judged: EventOf[] = [];
  const groups = byArtifact(arriving);
  const { stages } = await context.config();
  const names = once(async () => [...(await readArtifactNames(repository.tags)), ...groups.keys()]);
  for (const [name, events] of groups) {
    const there = await readEvents(context, name);
    const otherArtifacts = there.tagNames.size === 0 ? await names() : [];
    const misfits = refuseArrivals(
      name,
      { ...there, otherArtifacts, stages },
      events,
      Math.floor(now() / 1000),
    );
    refusals.push(...misfits);
    const artifact = artifactStateOf(name, [...there.events, ...events]);
    // one reason to refuse a tag is enough
    const tags = new Set(
      events.map(({ tag }) => tag).filter((tag) => misfits.every((one) => one.tag !== tag)),
    );
    for (const event of artifact.events) if (tags.has(event.tag)) judged.push({ artifact, event });
  }
  const rules = await readRulesHere();
  const violating = await judgeEvents({ repository, rules, events: judged, approvals });
  const violations = violating.flatMap(({ event, violations }) =>
    violations.map(({ message, hint }) => ({ tag: event.tag, message: `${message}; ${hint}` })),
  );
  return [...refusals, ...violations];
}

function byArtifact(events: readonly Event[]): Map<ArtifactName, Event[]> {
  const groups = new Map<ArtifactName, Event[]>();
  for (const event of events) groups.set(event.artifact, [...(groups.get(event.artifact) ?? []), event]);
  return groups;
}

/** A ref that a push changes, as git passes it to the hook (githooks(5), pre-receive). */
interface RefUpdate {
  refName: string;
  /** Undefined for a new ref. */
  from: string | undefined;
  /** Undefined for a deleted ref. */
  to: string | undefined;
}

/**
 * Reads the lines `<old> <new> <ref>` of git's input for the hook.
 * @throws RegError USAGE
 */
export const parseRefUpdates = (text: string): RefUpdate[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [, from = '', to = '', refName] = /^([0-9a-f]+) ([0-9a-f]+) (refs\/.+)$/s.exec(line) ?? [];
      if (refName === undefined || !isOid(from) || !isOid(to))
        throw new RegError(
          'USAGE',
          `'${line}' is no line of a pre-receive hook`,
          'git gives them: <old> <new> <ref>',
        );
      return { refName, from: oidOf(from), to: oidOf(to) };
    });

const oidOf = (text: string): string | undefined => (/^0+$/.test(text) ? undefined : text);
