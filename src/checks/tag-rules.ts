import { ACCEPTANCES, acceptanceOf } from '../domain/acceptance.js';
import { APPROVALS, approvalOf } from '../domain/approval.js';
import { hiddenBy } from '../domain/arrival.js';
import { type ArtifactState, type ResolvedEvent, type State, stateOf } from '../domain/artifact.js';
import { forksIn, sharedCounters, tagsBefore } from '../domain/chain.js';
import type { Oid } from '../domain/event.js';
import type { ArtifactName } from '../domain/names.js';
import type { PolicyRule } from '../domain/policy.js';
import { tagNameOf, tagRef } from '../domain/refs.js';
import { looksLikeEvent, parseTagName } from '../domain/tag-name.js';
import { formatTime, parseTime } from '../domain/time.js';
import { RegError } from '../errors.js';
import { refOf, requireBranches, requireRemote, type TagReading, type TagRef } from '../git/port.js';
import { bringMissing } from '../registry/catch-up.js';
import { type RegistryContext, requireCommit } from '../registry/context.js';
import { declarationsIn, filesAt } from '../registry/declared.js';
import { excludingAs } from '../registry/exclusion.js';
import { noteOfFork } from '../registry/forks.js';
import { ignoredHere, judgeEvents, type RulesSource, readRules, rulesSourceOf } from '../registry/policy.js';
import { eventsIn } from '../registry/read.js';
import type { Finding } from '../registry/rows.js';
import { short } from '../util/oid.js';
import { levelOf, type Report, type RuleInfo, reportOf } from './finding.js';
import { datesAhead, findBreaks } from './verify.js';

const error = (id: string, about: string): RuleInfo => ({ id, level: 'error', about });
const info = (id: string, about: string): RuleInfo => ({ id, level: 'info', about });
const warning = (id: string, about: string): RuleInfo => ({ id, level: 'warning', about });

/** Rules about tags. Their levels are those of the protected branch. */
export const TAG_RULES = {
  object: error(
    'tag-object',
    'A tag with the name of an event is an annotated tag on a commit, and can be read.',
  ),
  lookAlike: warning('tag-look-alike', 'A tag that looks like an event is one.'),
  approval: warning(
    'tag-approval',
    'A tag below reg/approve/ is an approval that is named after its tagger, and one below reg/accept/ an acceptance.',
  ),
  bytes: error('tag-bytes', 'The bytes of what a stage holds are where its declaration says (with --bytes).'),
  moved: error('tag-moved', 'A tag is the same here and at the remote: tags of events never move.'),
  chain: error('tag-chain', 'Every event follows the one that it names as the one before it; none is gone.'),
  order: error('tag-order', 'No two events of an artifact have the same counter.'),
  parent: info('tag-parent', 'An event names the one right before it, and has the next counter.'),
  date: warning('tag-date', 'No tag is dated ahead of the clock by more than ten minutes.'),
  registered: error('tag-registered', 'A version is registered once, unless it was deregistered in between.'),
  name: error('tag-name', 'The object of a tag calls itself what the tag is called.'),
  commit: error('tag-commit', 'An assignment is at the commit that its version stands for.'),
  after: error(
    'tag-after',
    'A version was in the stage that the policy names before it comes into this one.',
  ),
  branch: error('tag-branch', 'What a stage takes is on the branch that its policy names.'),
  by: error('tag-by', 'A stage is changed by those whom its policy names.'),
  signed: error(
    'tag-signed',
    'A tag that changes a stage is signed by its tagger, where the policy asks for it.',
  ),
  approvals: error(
    'tag-approvals',
    'As many others have approved of a version as the policy of the stage asks for.',
  ),
} as const satisfies Record<
  | PolicyRule
  | 'bytes'
  | 'object'
  | 'lookAlike'
  | 'approval'
  | 'moved'
  | 'chain'
  | 'order'
  | 'parent'
  | 'date'
  | 'registered',
  RuleInfo
>;

/** Which tags to check. */
export interface ValidateTagsOptions {
  /**
   * Only events from a moment on: a time, a rev with the date of its commit, or the tag of an event. Events that may have any
   * date are checked all the same.
   */
  since?: string | undefined;
  /** Does not ask the remote: this clone and its remote-tracking branches count. */
  offline?: boolean | undefined;
}

/**
 * Checks the tags of a registry against each other and the rules of the team. It also finds tags that were not written with
 * `reg`. Rules, their levels and signers are those of the protected branch.
 */
export async function validateTags(
  given: RegistryContext,
  { since, offline }: ValidateTagsOptions,
): Promise<Report> {
  const source = await rulesSourceOf(given, offline);
  const rules = await readRules(given, source);
  const context = excludingAs(given, rules.config.artifacts.exclude);
  const survey = await surveyTags(context, source);
  const state = stateOf(eventsIn(survey.readings).events);
  const from = since === undefined ? Number.NEGATIVE_INFINITY : await sinceMoment(context, since, state);
  const before = new Set(
    [...state.values()].flatMap((artifact) => [...tagsBefore(artifact, ({ time }) => time < from)]),
  );
  const events = [...state.values()].flatMap((artifact) =>
    artifact.events.filter(({ tag }) => !before.has(tag)).map((event) => ({ artifact, event })),
  );
  const verdicts = await judgeEvents({ repository: context.repository, rules, events });
  const artifacts = [...state.values()];
  const now = Math.floor(context.now() / 1000);
  const chains = await findBreaks(context, artifacts, survey.held, async () => rules);
  const breaks = [
    [TAG_RULES.chain, chains.breaks],
    [TAG_RULES.order, artifacts.flatMap(sharedCounters)],
    [TAG_RULES.parent, artifacts.flatMap(forksIn)],
    [TAG_RULES.date, artifacts.flatMap((artifact) => datesAhead(artifact, now))],
  ] as const;
  const say: Say = (rule, tag, message, isNote = false) => {
    const own = levelOf(rule, rules.levels);
    const level = isNote && own !== 'off' ? 'info' : own;
    return level === 'off' || message === undefined
      ? []
      : [{ level, rule: rule.id, file: tagRef(tag), line: 1, message }];
  };
  const isKnown = await knownArtifacts(context, survey.readings, state, rules.head);
  const findings = [
    ...survey.readings.flatMap((reading) => oddities(reading, say, isKnown)),
    ...survey.moved.flatMap(({ name, here, there }) =>
      say(TAG_RULES.moved, name, `it is ${short(here)} here and ${short(there)} where it is shared`),
    ),
    ...breaks.flatMap(([rule, found]) =>
      found
        // of two events with one counter, the earlier one may be the new one
        .filter(({ event }) => rule === TAG_RULES.order || !before.has(event.tag))
        .flatMap(({ event, message }) => say(rule, event.tag, message)),
    ),
    ...events.flatMap(({ event }) => say(TAG_RULES.name, event.tag, ownName(event))),
    ...events.flatMap(({ artifact, event }) => say(TAG_RULES.registered, event.tag, again(event, artifact))),
    ...verdicts.flatMap(({ event, violations }) =>
      violations
        // every event is checked for that above
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

/** The finding of a rule about a tag, at most as a note where that is asked for; none without a message, or where the rule is off. */
type Say = (rule: RuleInfo, tag: string, message: string | undefined, isNote?: boolean) => Finding[];

/**
 * Makes the question whether an artifact is one of this registry: some event is of it, or HEAD or the protected branch declares it.
 * Files are read where a tag only has the name of an event.
 */
async function knownArtifacts(
  { repository: { objects } }: RegistryContext,
  readings: readonly TagReading[],
  state: State,
  head: Oid | undefined,
): Promise<(artifact: ArtifactName) => boolean> {
  const isDoubtful = readings.some((reading) => {
    const name = 'ref' in reading ? parseTagName(reading.ref.name) : undefined;
    return name !== undefined && !state.has(name.artifact);
  });
  if (!isDoubtful) return (artifact) => state.has(artifact);
  const commits = new Set([head, await objects.commit('HEAD')]);
  const declared = new Set<ArtifactName>();
  for (const commit of commits)
    if (commit !== undefined)
      for (const name of (await declarationsIn(await filesAt(objects, commit))).names) declared.add(name);
  return (artifact) => state.has(artifact) || declared.has(artifact);
}

const ownName = (event: ResolvedEvent): string | undefined =>
  event.ownName === undefined ? undefined : `it holds the tag object of '${event.ownName}'; ${byWhom(event)}`;

function again(event: ResolvedEvent, artifact: ArtifactState): string | undefined {
  const hidden = hiddenBy(event, artifact);
  return hidden && `it hides ${hidden.tag}, another registration of ${event.of}; ${byWhom(event)}`;
}

const byWhom = ({ tagger, time }: ResolvedEvent): string =>
  `its tagger is ${tagger.name} <${tagger.email}>, ${formatTime(time)}`;

/** Findings of a tag that is not an event, an approval or an acceptance, although its name says so. */
function oddities(reading: TagReading, say: Say, isKnown: (artifact: ArtifactName) => boolean): Finding[] {
  const { name } = refOf(reading);
  if (name.startsWith(APPROVALS)) {
    const approval = 'tag' in reading ? approvalOf(reading.tag) : { problem: reading.detail };
    return 'problem' in approval
      ? say(TAG_RULES.approval, name, `it approves of nothing: ${approval.problem}`)
      : [];
  }
  if (name.startsWith(ACCEPTANCES)) {
    const acceptance = 'tag' in reading ? acceptanceOf(reading.tag) : { problem: reading.detail };
    return 'problem' in acceptance
      ? say(TAG_RULES.approval, name, `it accepts nothing: ${acceptance.problem}`)
      : [];
  }
  const event = parseTagName(name);
  if (event === undefined)
    return looksLikeEvent(name)
      ? say(TAG_RULES.lookAlike, name, 'it looks like an event, but its name cannot be read as one')
      : [];
  if ('tag' in reading) return [];
  if (reading.defect === 'lightweight' && !isKnown(event.artifact)) {
    const message = `it is lightweight, and nothing declares ${event.artifact}: it is taken for the tag of another tool, which artifacts.exclude of .reg.yaml can name`;
    return say(TAG_RULES.object, name, message, true);
  }
  return say(TAG_RULES.object, name, `it is named as an event, but is not one: ${reading.detail}`);
}

/** The tags of a registry: those of the remote, and those that exist only in this clone. */
interface Survey {
  readings: TagReading[];
  /** The oid of every tag, by name. */
  held: ReadonlyMap<string, string>;
  /** Tags that differ between this clone and the remote. */
  moved: readonly { name: string; here: string; there: string }[];
}

/**
 * Reads the tags of a registry. Those of the remote count, because others act upon them; they need not be here.
 * @throws RegError REMOTE_FAILED
 */
async function surveyTags(context: RegistryContext, source: RulesSource): Promise<Survey> {
  const { repository } = context;
  const here = [...(await repository.tags.list('all')).refs].filter(isConcerned);
  if (source.kind !== 'remote' || repository.address !== undefined) return surveyOf(repository, here, []);
  const listed = (await requireRemote(repository, source.remote).listTags()).filter(isConcerned);
  const there = new Map(listed.map((tag) => [tag.name, tag]));
  const note = await noteOfFork(context, source.remote, () => listed, here);
  if (note !== undefined) context.note(note);
  await bringMissing(repository, source.remote, listed);
  const own = here.filter(({ name }) => !there.has(name));
  const moved = here.flatMap(({ name, oid }) => {
    const tag = there.get(name);
    // a checkout in CI may have a lightweight tag on the commit, which is the same tag
    return tag === undefined || tag.oid === oid || tag.peeled === oid
      ? []
      : [{ name, here: oid, there: tag.oid }];
  });
  return surveyOf(repository, [...listed, ...own], moved);
}

/** Whether a tag may look like an event, an approval or an acceptance. */
const isConcerned = ({ name }: TagRef): boolean =>
  /[@#]/.test(name) || name.startsWith(APPROVALS) || name.startsWith(ACCEPTANCES);

async function surveyOf(
  repository: RegistryContext['repository'],
  refs: readonly TagRef[],
  moved: Survey['moved'],
): Promise<Survey> {
  const readings = refs.length === 0 ? [] : await repository.tags.read(refs);
  return { readings, held: new Map(refs.map(({ name, oid }) => [name, oid])), moved };
}

/**
 * The moment of `--since`, in seconds since the epoch: a time, the time of an event by its tag, or the date of a commit by a rev.
 * @param state the events; a checkout may lack the tag, or have a lightweight one
 * @throws RegError UNKNOWN_REV
 */
async function sinceMoment(context: RegistryContext, text: string, state: State): Promise<number> {
  const time = timeOf(text, context.now() / 1000);
  if (time !== undefined) return time;
  const tagName = tagNameOf(text) ?? text;
  const name = parseTagName(tagName);
  const event = name && state.get(name.artifact)?.events.find(({ tag }) => tag === tagName);
  if (event !== undefined) return event.time;
  const commit = await requireCommit(context, text);
  return requireBranches(context.repository).commitDate(commit);
}

function timeOf(text: string, now: number): number | undefined {
  try {
    return parseTime(text, now);
  } catch (error) {
    if (error instanceof RegError && error.code === 'INVALID_TIME') return undefined;
    throw error;
  }
}
