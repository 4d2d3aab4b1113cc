import { type ArtifactState, artifactStateOf, type ResolvedEvent } from '../../domain/artifact.js';
import { type Event, eventOf, type Oid } from '../../domain/event.js';
import { messageOf, type Plan, type PlannedTag } from '../../domain/plan.js';
import { concernsOf } from '../../domain/policy/concern.js';
import { policedConcerns } from '../../domain/policy/judge.js';
import type { Policy, Violation } from '../../domain/policy/policy.js';
import { RegError } from '../../errors.js';
import type { Identity, RefTips } from '../../git/port.js';
import type { RegistryContext } from '../context.js';
import type { Reach } from '../reach.js';
import { ignoredHere } from './ignored-here.js';
import { judgeEvents, type Suspect } from './judge-events.js';
import { type RulesInForce, rulesInForce } from './rules-in-force.js';
import { vantageOfReach } from './vantage.js';

/** Who writes, whether signed, and what is known of the remote. */
export interface Author {
  identity: Identity;
  sign: boolean;
  view: { tips: RefTips } | undefined;
}

/** Asks the rules of a team about a write, before anything is written. */
export interface PolicyGuard {
  /** @throws RegError POLICY when a stage does not take what is planned */
  refusePlan(plan: Plan, artifact: ArtifactState, author: Author): Promise<void>;
  /**
   * Looks at the tag objects while no ref leads to them.
   * @throws RegError POLICY when they are signed with a key that does not count
   */
  refuseSignatures(oids: readonly Oid[], plan: Plan, artifact: ArtifactState, author: Author): Promise<void>;
  /** What to say about the rules that were asked, if any were. */
  note(): Promise<string | undefined>;
}

/**
 * Makes the guard of one write. The rules are read once, and not at all when nothing touches a stage.
 * @param reach how far the write reaches: the rules are those of where it is decided
 */
export function policyGuard(context: RegistryContext, reach: Reach): PolicyGuard {
  const { repository } = context;
  const vantage = vantageOfReach(reach);
  let known: Promise<RulesInForce> | undefined;
  const court = async ({ view }: Author) => {
    known ??= rulesInForce(context, vantage, view?.tips);
    return { repository, vantage, rules: await known };
  };
  return {
    refusePlan: async ({ tags, deletes = [] }, artifact, author) => {
      const oids = tags.map(({ tagName }) => `planned ${tagName}`);
      const suspects = plannedSuspects(tags, artifact, author, oids);
      const touched = deletes.filter((event) => concernsOf(artifact, event).length > 0);
      if (suspects.length === 0 && touched.length === 0) return;
      const { rules, ...place } = await court(author);
      refuseDeletes(touched, artifact, rules.policy);
      const coming = new Set(author.sign ? oids : []);
      refuseAny(await judgeEvents({ ...place, rules, suspects, coming }));
    },
    refuseSignatures: async (oids, { tags }, artifact, author) => {
      const suspects = author.sign ? plannedSuspects(tags, artifact, author, oids) : [];
      if (suspects.length === 0) return;
      const { rules, ...place } = await court(author);
      // the other rules were asked before
      const policy = Object.fromEntries(
        Object.entries(rules.policy).map(([stage, { signed }]) => [stage, { signed }]),
      );
      refuseAny(await judgeEvents({ ...place, rules: { ...rules, policy }, suspects }));
    },
    note: async () => known && ignoredHere(context, vantage, await known),
  };
}

/** The planned events that touch a stage, as they will be, in the artifact as it will be. */
function plannedSuspects(
  tags: readonly PlannedTag[],
  artifact: ArtifactState,
  author: Author,
  oids: readonly Oid[],
): Suspect[] {
  const events = tags.map((tag, index) => plannedEvent(tag, author, oids[index] ?? ''));
  const after = artifactStateOf(artifact.name, [...artifact.events, ...events]);
  return after.events
    .filter((event) => oids.includes(event.tagOid) && concernsOf(after, event).length > 0)
    .map((event) => ({ artifact: after, event }));
}

function plannedEvent(tag: PlannedTag, { identity: { name, email }, sign }: Author, oid: Oid): Event {
  const { tagName, commit, date } = tag;
  const made = {
    name: tagName,
    oid,
    commit,
    tagger: { name, email },
    date,
    message: messageOf(tag, undefined),
  };
  return eventOf(tag.event, sign ? { ...made, signed: true } : made);
}

function refuseAny(verdicts: readonly { violations: readonly Violation[] }[]): void {
  const violations = verdicts.flatMap((one) => one.violations);
  const [first] = violations;
  if (first === undefined) return;
  throw new RegError('POLICY', violations.map(({ message }) => message).join('; '), first.hint);
}

function refuseDeletes(deletes: readonly ResolvedEvent[], artifact: ArtifactState, policy: Policy): void {
  for (const event of deletes)
    for (const { stage } of policedConcerns(policy, artifact, event))
      throw new RegError(
        'POLICY',
        `${event.tag} concerns ${stage}, which has a policy, and history is not deleted there`,
        'leave out --delete: another event takes it back, and both stay known',
      );
}
