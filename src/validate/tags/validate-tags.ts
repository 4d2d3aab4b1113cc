import type { RuleLevels } from '../../documents/config.js';
import { APPROVALS, approvalOf } from '../../domain/approval.js';
import { hiddenBy } from '../../domain/arrival.js';
import { type ArtifactState, type ResolvedEvent, stateOf } from '../../domain/artifact.js';
import { tagRef } from '../../domain/refs.js';
import { looksLikeEvent, parseTagName } from '../../domain/tag-name.js';
import { formatTime } from '../../domain/time.js';
import type { TagReading } from '../../git/port.js';
import { findBreaks } from '../../registry/chains.js';
import type { RegistryContext } from '../../registry/context.js';
import { ignoredHere, judgeEvents, readRules, rulesSourceOf } from '../../registry/policy.js';
import { eventsIn } from '../../registry/read.js';
import { short } from '../../util/oid.js';
import { type Finding, type Report, reportOf } from '../finding.js';
import type { RuleInfo } from '../rule.js';
import { TAG_RULES } from './rules.js';
import { sinceMoment } from './since.js';
import { surveyTags } from './survey.js';

/** Which tags to validate. */
export interface ValidateTagsOptions {
  /** Only events from then on: a time, a rev whose commit's date it is, or the tag of an event. */
  since?: string | undefined;
  /** Does not ask the remote, and goes by what this clone has and remembers of it. */
  offline?: boolean | undefined;
}

/**
 * Checks the tags of a registry against each other and the rules of the team, however they came: a tag that was pushed
 * around the tool is found here. Rules, their levels and signers are those of the protected branch.
 */
export async function validateTags(
  context: RegistryContext,
  { since, offline }: ValidateTagsOptions,
): Promise<Report> {
  const source = await rulesSourceOf(context, offline);
  const [rules, survey] = await Promise.all([readRules(context, source), surveyTags(context, source)]);
  const state = stateOf(eventsIn(survey.readings).events);
  const from = since === undefined ? Number.NEGATIVE_INFINITY : await sinceMoment(context, since, state);
  const events = [...state.values()].flatMap((artifact) =>
    artifact.events.filter(({ time }) => time >= from).map((event) => ({ artifact, event })),
  );
  const verdicts = await judgeEvents({ repository: context.repository, rules, events });
  const breaks = await findBreaks(context.repository, [...state.values()], survey.held);
  const say = (rule: RuleInfo, tag: string, message: string): Finding[] =>
    finding(rules.levels, rule, tag, message);
  const findings = [
    ...survey.readings.flatMap((reading) => oddities(reading, say)),
    ...survey.moved.flatMap(({ name, here, there }) =>
      say(TAG_RULES.moved, name, `it is ${short(here)} here and ${short(there)} where it is shared`),
    ),
    ...breaks
      .filter(({ event }) => event.time >= from)
      .flatMap(({ event, message }) => say(TAG_RULES.chain, event.tag, message)),
    ...events.flatMap(({ event }) => say(TAG_RULES.name, event.tag, ownName(event))),
    ...events.flatMap(({ artifact, event }) => say(TAG_RULES.registered, event.tag, again(event, artifact))),
    ...verdicts.flatMap(({ event, violations }) =>
      violations
        // said of every event already
        .filter(({ rule }) => rule !== 'name')
        .flatMap(({ rule, message }) => say(TAG_RULES[rule], event.tag, `${message}; ${byWhom(event)}`)),
    ),
  ];
  const report = reportOf(
    findings,
    events.map(({ event }) => tagRef(event.tag)),
  );
  return { ...report, note: await ignoredHere(context, rules) };
}

function finding(levels: RuleLevels, rule: RuleInfo, tag: string, message: string): Finding[] {
  const level = levels[rule.id] ?? rule.level;
  return level === 'off' || message === ''
    ? []
    : [{ level, rule: rule.id, file: tagRef(tag), line: 1, message }];
}

const ownName = (event: ResolvedEvent): string =>
  event.ownName === undefined ? '' : `it holds the tag object of '${event.ownName}'; ${byWhom(event)}`;

function again(event: ResolvedEvent, artifact: ArtifactState): string {
  const hidden = hiddenBy(event, artifact);
  return hidden === undefined
    ? ''
    : `it hides ${hidden.tag}, another registration of ${event.of}; ${byWhom(event)}`;
}

const byWhom = ({ tagger, time }: ResolvedEvent): string =>
  `its tagger is ${tagger.name} <${tagger.email}>, ${formatTime(time)}`;

function oddities(
  reading: TagReading,
  say: (rule: RuleInfo, tag: string, message: string) => Finding[],
): Finding[] {
  const name = 'tag' in reading ? reading.tag.name : reading.ref.name;
  if (name.startsWith(APPROVALS)) {
    const approval = 'tag' in reading ? approvalOf(reading.tag) : { problem: reading.detail };
    return 'problem' in approval
      ? say(TAG_RULES.approval, name, `it approves of nothing: ${approval.problem}`)
      : [];
  }
  if (parseTagName(name) === undefined)
    return looksLikeEvent(name)
      ? say(TAG_RULES.lookAlike, name, 'it looks like an event, but its name cannot be read as one')
      : [];
  return 'tag' in reading
    ? []
    : say(TAG_RULES.object, name, `it has the name of an event and is none: ${reading.detail}`);
}
