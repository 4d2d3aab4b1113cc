import type { RuleLevels } from '../documents/config.js';
import { hiddenBy } from '../domain/arrival.js';
import {
  type ArtifactState,
  artifactStateOf,
  currentIn,
  isStageEvent,
  type ResolvedEvent,
} from '../domain/artifact.js';
import { type Break, breaksIn, sharedCounters } from '../domain/chain.js';
import type { StageName } from '../domain/names.js';
import { concernsOf, type Policy, type PolicyRule } from '../domain/policy.js';
import type { VersionId } from '../domain/state.js';
import { RegError } from '../errors.js';
import { shellLine } from '../util/shell.js';
import { acceptedIn } from './acceptances.js';
import type { RegistryContext, TrustOptions } from './context.js';
import { judgeEvents, type Rules, readRules, rulesSourceOf } from './policy.js';

/** What an answer is about. */
export type Subject = { stage: StageName } | { version: VersionId } | 'versions';

/**
 * An artifact without the events that the rules of the team do not accept, as far as an answer rests on them
 * (docs/specification.md, 5 Commands, Verified answers). Rules count at the levels of the protected branch.
 * @throws RegError NOT_VERIFIED where the chain of the events that are left does not hold, and what reading the rules throws
 */
export async function trusted(
  context: RegistryContext,
  artifact: ArtifactState,
  subject: Subject,
  { onPassedOver }: TrustOptions,
): Promise<ArtifactState> {
  const { repository, offline } = context;
  const rules = await readRules(context, await rulesSourceOf(context, offline));
  const isError = (rule: string): boolean => (rules.levels[`tag-${rule}`] ?? 'error') === 'error';
  const passed = new Map<string, string>();
  const foreign = new Set<string>();
  for (const { tag, ownName } of artifact.events)
    if (ownName !== undefined && isError('name')) {
      passed.set(tag, `it holds the tag object of '${ownName}'`);
      foreign.add(tag);
    }
  const rest = (): ArtifactState =>
    artifactStateOf(
      artifact.name,
      artifact.events.filter(({ tag }) => !passed.has(tag)),
    );
  let state = passed.size === 0 ? artifact : rest();
  for (let round = 1; ; round += 1) {
    // most answers rest on one event; where that one is not accepted, all are judged together
    const events =
      round === 1 ? restsOn(state, subject, rules.policy) : concerning(state, subject, rules.policy);
    const found = await judgeEvents({
      repository,
      rules,
      events: events.map((event) => ({ artifact: state, event })),
    });
    const before = passed.size;
    for (const { event, violations } of found) {
      const errors = violations.filter(({ rule }) => isError(rule));
      if (errors.length > 0) passed.set(event.tag, errors.map(({ message }) => message).join('; '));
      if (errors.some(({ rule }) => OF_OTHERS.has(rule))) foreign.add(event.tag);
    }
    if (passed.size === before) break;
    state = rest();
  }
  const breaks = isError('chain') ? await liveBreaks(context, artifact, rules) : [];
  refuseBroken(artifact, state, foreign, { breaks, isError });
  for (const [tag, reason] of passed) onPassedOver?.(tag, reason);
  return state;
}

/** The rules by which an event is of someone who may not make it: what it says of the chain does not count. */
const OF_OTHERS: ReadonlySet<PolicyRule> = new Set(['by', 'signed', 'name']);

/** The events that an answer rests on: what put the version there, and all that might have taken it out since. */
function restsOn(artifact: ArtifactState, subject: Subject, policy: Policy): ResolvedEvent[] {
  const held =
    typeof subject === 'object' && 'stage' in subject ? currentIn(artifact, subject.stage) : undefined;
  if (held === undefined) return concerning(artifact, subject, policy);
  const { assignment, version } = held;
  return concerning(artifact, subject, policy).filter(
    ({ place, kind, of }) => place >= assignment.place || (kind === 'assignment' && of === version.id),
  );
}

/** The events that may change what is answered, as far as a policy has a say in them. */
function concerning({ events, ...rest }: ArtifactState, subject: Subject, policy: Policy): ResolvedEvent[] {
  const artifact = { events, ...rest };
  if (Object.keys(policy).length === 0) return [];
  if (typeof subject === 'object' && 'stage' in subject) {
    const stages = stagesBefore(subject.stage, policy);
    return events.filter((event) =>
      isStageEvent(event)
        ? stages.has(event.stage)
        : concernsOf(artifact, event).some(({ stage }) => stages.has(stage)),
    );
  }
  const wanted = subject === 'versions' ? undefined : subject.version;
  return events.filter((event) => 'version' in event && (wanted === undefined || event.of === wanted));
}

/** A stage, and those that a version goes through before, by `after`. */
function stagesBefore(stage: StageName, policy: Policy): Set<StageName> {
  const stages = new Set<StageName>();
  for (let next: StageName | undefined = stage; next !== undefined && !stages.has(next); ) {
    stages.add(next);
    next = policy[next]?.after;
  }
  return stages;
}

/** The breaks in a chain that nothing accepts. */
async function liveBreaks(context: RegistryContext, artifact: ArtifactState, rules: Rules): Promise<Break[]> {
  const found = breaksIn(artifact, new Map(), new Map());
  if (found.length === 0) return found;
  const accepted = await acceptedIn(context, [artifact.name], async () => rules);
  return breaksIn(artifact, new Map(), new Map(), accepted);
}

/**
 * Refuses to answer where the order of the events that count is not certain: to pass over one of them could bring back what it
 * took out.
 */
function refuseBroken(
  whole: ArtifactState,
  state: ArtifactState,
  foreign: ReadonlySet<string>,
  { breaks: chain, isError }: { breaks: readonly Break[]; isError: (rule: keyof RuleLevels) => boolean },
): void {
  const hidden = state.events.flatMap((event): Break[] => {
    const other = hiddenBy(event, state);
    return other === undefined
      ? []
      : [{ event, message: `${event.tag} hides ${other.tag}, another registration of ${event.of}` }];
  });
  const breaks = [
    ...chain,
    ...(isError('order') ? sharedCounters(state) : []),
    ...(isError('registered') ? hidden : []),
  ];
  const broken = breaks.find(({ event }) => !foreign.has(event.tag));
  if (broken === undefined) return;
  throw new RegError(
    'NOT_VERIFIED',
    `the events of ${whole.name} cannot be trusted: ${broken.event.tag}: ${broken.message}`,
    `get what may be missing here with reg sync, and see: ${shellLine('reg', 'verify', whole.name)}`,
  );
}
