import {
  type ArtifactState,
  artifactStateOf,
  currentIn,
  type InStage,
  stagesUsed,
  type VersionState,
  versionsInStage,
} from '../domain/artifact.js';
import { gapsIn } from '../domain/chain.js';
import type { Event, Oid } from '../domain/event.js';
import { findCurrent, findLatest, findNamed, findPast, unknownArtifact } from '../domain/find.js';
import { type ArtifactName, artifactName, type StageName, stageName } from '../domain/names.js';
import { compareText } from '../domain/order.js';
import {
  type Artifact,
  artifactIn,
  asOf,
  COMPLETE,
  current,
  deprecation,
  effectiveTime,
  type Facts,
  latest as greatest,
  heldByStage,
  inStage,
  isActive,
  isVersion,
  registrationOf,
  type Summary,
  summaryOf,
  tagsByArtifact,
  type VersionId,
  type View,
} from '../domain/state.js';
import { didYouMean } from '../domain/suggest.js';
import { parseVersionTarget, type Target } from '../domain/target.js';
import { formatTime } from '../domain/time.js';
import { currentSince } from '../domain/timeline.js';
import { parseVersion } from '../domain/version.js';
import { RegError } from '../errors.js';
import type { TagRef } from '../git/port.js';
import { isClone, type RegistryContext, requireCommit, type TrustOptions, wantsVerified } from './context.js';
import { damaged } from './damage.js';
import { refuseExcluded } from './exclusion.js';
import { syncLine } from './forks.js';
import { madeBy, stageRow, versionRows } from './make-rows.js';
import { askMeant, hintAtSwapped } from './meant.js';
import {
  hasNone,
  isPartial,
  NO_TAGS,
  noteWithoutTags,
  partial,
  tagsMissing,
  type Unsure,
  warnOrRefusePartial,
} from './missing.js';
import { annotatedTags, ask, readArtifact, readArtifactNames, readEvents, type Scope } from './read.js';
import type { Made, StageRow, VersionRow } from './rows.js';
import type { Subject } from './trusted.js';

/** Options of every reading call. */
export interface ReadOptions {
  /** Of questions about all artifacts: is called where tags are known to be missing here, so that the answer is not whole. */
  onMissing?: ((artifact: string | undefined) => void) | undefined;
  /** Answers as of this moment, from the events whose effective time is not after it. */
  at?: Date | undefined;
  /** Called where the artifact that is asked about is deprecated. */
  onDeprecated?: OnDeprecated | undefined;
}

/** Is given the name of a deprecated artifact, and of the one that takes its place. */
export type OnDeprecated = (artifact: ArtifactName, successor: ArtifactName | undefined) => void;

/** Notes the artifacts whose tags are known to be missing here, or cannot be read. */
export function reportMissing(
  { note }: RegistryContext,
  onMissing: ReadOptions['onMissing'],
  unsure: Unsure,
): void {
  for (const [name, { message, hint }] of unsure) {
    note(`${message}, and its versions are not shown; ${hint}`);
    onMissing?.(name);
  }
}

/** Says so where no artifact has a tag here, and whether that is known to be no whole answer: in a shallow clone. */
export async function isWithoutTags(
  context: RegistryContext,
  count: number,
  onMissing: ReadOptions['onMissing'],
): Promise<boolean> {
  if (count > 0) return false;
  const isMissing = await hasNone(context);
  await noteWithoutTags(context);
  if (isMissing) onMissing?.(undefined);
  return isMissing;
}

/** Seconds since the epoch, as the core counts. */
export const seconds = (date: Date | undefined): number | undefined => date && date.getTime() / 1000;

/**
 * One artifact that has events.
 * @throws RegError INVALID_NAME, UNKNOWN_ARTIFACT
 */
export async function requireArtifact(
  context: RegistryContext,
  name: string,
  at?: Date,
  onDeprecated?: OnDeprecated,
): Promise<ArtifactState> {
  const wanted = artifactName(name);
  const { events } = await readEvents(context, wanted);
  await warnOrRefusePartial(context, wanted, events, events);
  const artifact = artifactStateOf(wanted, events, seconds(at));
  if (artifact.deprecated) onDeprecated?.(wanted, artifact.events.at(-1)?.successor);
  if (artifact.events.length > 0) return artifact;
  if (await hasNone(context)) throw tagsMissing(NO_TAGS, await syncLine(context));
  const known = await readArtifactNames(context.repository.tags);
  if (at && known.includes(wanted))
    throw new RegError(
      'UNKNOWN_ARTIFACT',
      `${wanted} had no event yet at ${formatTime(at.getTime() / 1000)}`,
      `see when it began, with: reg history ${wanted} --asc -n 1`,
    );
  const mayLack = await isClone(context);
  // where tags are missing for sure, those that are here tell little
  const others = mayLack && (await context.repository.history.isShallow()) ? [] : known;
  throw unknownArtifact(wanted, others, mayLack && (await syncLine(context)));
}

/**
 * The current version in a stage. The configuration, and for a past moment what came later, is read only to say what is wrong.
 * @param artifact as of the moment
 * @throws RegError UNKNOWN_STAGE, NOTHING_IN_STAGE
 */
export async function requireCurrent(
  context: RegistryContext,
  artifact: ArtifactState,
  stage: StageName,
  at?: Date,
): Promise<InStage> {
  const current = currentIn(artifact, stage);
  if (current) return current;
  const { stages = [] } = await context.config();
  const time = seconds(at);
  if (time === undefined) return findCurrent(artifact, stage, stages);
  const used = stagesUsed(await readArtifact(context, artifact.name));
  return findPast(artifact, stage, time, stages.includes(stage) || used.includes(stage));
}

/** How to ask what is in a stage. */
export interface WhichOptions extends ReadOptions, TrustOptions {
  /** Every version in the stage, the current one first. */
  all?: boolean | undefined;
}

/**
 * The current version in a stage; with `all`, the others behind it.
 * @throws RegError INVALID_NAME, INVALID_STAGE, UNKNOWN_ARTIFACT, UNKNOWN_STAGE, NOTHING_IN_STAGE, NOT_VERIFIED
 */
export const which = (
  context: RegistryContext,
  name: string,
  stage: string,
  options: WhichOptions,
): Promise<[StageRow, ...StageRow[]]> =>
  askMeant(context, name, (full) => whichOf(context, full, stageName(stage), options)).catch(
    hintAtSwapped(context, name, stage, 'which', stage, name),
  );

async function whichOf(
  context: RegistryContext,
  name: string,
  wanted: StageName,
  options: WhichOptions,
): Promise<[StageRow, ...StageRow[]]> {
  const { verify } = options;
  if (verify === true) return whichVerified(context, name, wanted, options);
  // both ask git, at once: the configuration takes no time of its own
  const [answer, verifies] = await Promise.all([
    whichUnverified(context, name, wanted, options).catch(asValue),
    verify === undefined && wantsVerified(context).catch(asValue),
  ]);
  if (verifies === true) return whichVerified(context, name, wanted, options);
  if (answer instanceof Error) throw answer;
  if (verifies instanceof Error) throw verifies;
  return answer;
}

function unlessEmpty(error: unknown): StageRow[] {
  if (error instanceof RegError && EMPTY.has(error.code)) return [];
  throw error;
}

const EMPTY: ReadonlySet<string> = new Set(['NOTHING_IN_STAGE', 'UNKNOWN_STAGE', 'UNKNOWN_ARTIFACT']);

/** Loaded on use: a policy takes the YAML and schema packages. */
const trustedPart = async (
  context: RegistryContext,
  artifact: ArtifactState,
  subject: Subject,
  options: TrustOptions,
): Promise<ArtifactState> => (await import('./trusted.js')).trusted(context, artifact, subject, options);

const asValue = (error: unknown): Error => {
  if (error instanceof Error) return error;
  throw error;
};

async function whichVerified(
  context: RegistryContext,
  name: string,
  wanted: StageName,
  options: WhichOptions,
): Promise<[StageRow, ...StageRow[]]> {
  const whole = await requireArtifact(context, name, options.at, options.onDeprecated);
  const artifact = await trustedPart(context, whole, { stage: wanted }, options);
  const first = await requireCurrent(context, artifact, wanted);
  const since = currentSince(artifact.grouped, wanted, COMPLETE);
  const others = options.all ? versionsInStage(artifact, wanted).slice(1) : [];
  return [
    stageRow(artifact.name, wanted, first, since),
    ...others.map((one) => stageRow(artifact.name, wanted, one, undefined)),
  ];
}

async function whichUnverified(
  context: RegistryContext,
  name: string,
  wanted: StageName,
  { at, all, onDeprecated }: WhichOptions,
): Promise<[StageRow, ...StageRow[]]> {
  const rows = await askOne(context, name, { at, onDeprecated }, rowsIn(wanted, all));
  const [first, ...others] = rows ?? [];
  if (first) return [first, ...others];
  const artifact = await requireArtifact(context, name, at);
  const { version, assignment } = await requireCurrent(context, artifact, wanted, at);
  const since = currentSince(artifact.grouped, wanted, COMPLETE);
  return [stageRow(artifact.name, wanted, { version, assignment }, since)];
}

/**
 * What every artifact has in a stage, by name, deprecated ones too; with `all`, the versions behind the current one too.
 * @throws RegError INVALID_STAGE, UNKNOWN_STAGE, NOT_VERIFIED
 */
export async function whichOfAll(
  given: RegistryContext,
  stage: string,
  options: WhichOptions,
): Promise<StageRow[]> {
  const { at, all, onMissing, verify = await wantsVerified(given) } = options;
  const context = verify ? await (await import('./policy.js')).judgedRegistry(given, given.offline) : given;
  const wanted = stageName(stage);
  const unsure: Unsure = new Map();
  const asked = rowsIn(wanted, all);
  const answers = await askAt(
    context,
    'all',
    at,
    (artifact, facts) => ({ own: asked(artifact, facts), isUsed: artifact.stages.has(wanted) }),
    unsure,
  );
  const rows: StageRow[] = [];
  // what took a version out may be passed over too
  for (const [name, { own, isUsed }] of answers)
    rows.push(
      ...(verify && isUsed ? await whichVerified(context, name, wanted, options).catch(unlessEmpty) : own),
    );
  reportMissing(context, onMissing, unsure);
  if (await isWithoutTags(context, answers.size + unsure.size, onMissing)) return [];
  if (rows.length === 0 && unsure.size === 0) await requireKnownStage(context, wanted);
  // of one artifact they are in order
  return rows.sort((a, b) => compareText(a.artifact, b.artifact));
}

/** The question which versions an artifact has in a stage: the current one, or all. */
const rowsIn =
  (stage: StageName, all: boolean | undefined) =>
  (artifact: Artifact, facts: Facts): StageRow[] => {
    const held = all ? [...inStage(artifact, stage, facts)] : [current(artifact, stage, facts) ?? []].flat();
    return held.map(({ id, event }, index): StageRow => {
      const commit = isVersion(id) ? (registrationOf(artifact, id, facts)?.commit ?? event.commit) : id;
      const assignment = { ...event, time: effectiveTime(event, artifact, facts) };
      const since = index === 0 ? currentSince(artifact, stage, facts) : undefined;
      return stageRow(artifact.name, stage, { version: { id, commit }, assignment }, since);
    });
  };

/**
 * Refuses a stage that was never used and that no configuration names: that is a typing error, and no stage that is empty.
 * @throws RegError UNKNOWN_STAGE
 */
export async function requireKnownStage(
  { config, repository }: RegistryContext,
  stage: StageName,
): Promise<void> {
  const byArtifact = tagsByArtifact((await repository.tags.list('all')).refs);
  const used = [...byArtifact].flatMap(([name, tags]) => [...artifactIn(name, tags).stages.keys()]);
  const known = [...new Set([...((await config()).stages ?? []), ...used.sort()])];
  if (known.includes(stage)) return;
  const hint = didYouMean(stage, known, 'no stage was ever used');
  throw new RegError('UNKNOWN_STAGE', `no event and no configuration names the stage '${stage}'`, hint);
}

/**
 * The greatest active registered version.
 * @throws RegError INVALID_NAME, UNKNOWN_ARTIFACT, UNKNOWN_VERSION
 */
export const latest = (context: RegistryContext, name: string, options: ReadOptions): Promise<VersionRow> =>
  askMeant(context, name, (full) => latestOf(context, full, options));

async function latestOf(context: RegistryContext, name: string, options: ReadOptions): Promise<VersionRow> {
  const row = await askOne(context, name, options, (artifact, facts): VersionRow | undefined => {
    const version = greatest(artifact, facts);
    if (version === undefined) return undefined;
    const event = registrationOf(artifact, version, facts) as Event;
    const held = heldByStage(artifact, {}, facts);
    return {
      artifact: artifact.name,
      version,
      commit: event.commit,
      ...madeAt(event, artifact, facts),
      active: true,
      stages: [...held].filter(([, [first]]) => first?.id === version).map(([stage]) => stage),
    };
  });
  if (row) return row;
  const artifact = await requireArtifact(context, name, options.at);
  const { id } = findLatest(artifact, { at: seconds(options.at) });
  return versionRows(artifact).find(({ version }) => version === id) as VersionRow;
}

const madeAt = (event: Event, artifact: Artifact, facts: Facts): Made =>
  madeBy({ ...event, time: effectiveTime(event, artifact, facts) });

/** Asks about one artifact as of now or of a moment. */
async function askOne<T>(
  context: RegistryContext,
  name: string,
  { at, onDeprecated }: ReadOptions,
  question: (artifact: Artifact, facts: Facts) => T,
): Promise<T | undefined> {
  const wanted = artifactName(name);
  const both = (artifact: Artifact, facts: Facts): [T, Event | undefined] => {
    const last = onDeprecated && deprecation(artifact, facts);
    return [question(artifact, facts), last];
  };
  const [answer, last] = (await askAt(context, wanted, at, both)).get(wanted) ?? [];
  if (last !== undefined) onDeprecated?.(wanted, last.successor);
  return answer;
}

/**
 * Asks about one artifact or all, as of now or of a moment.
 * @param unsure of a question about all, takes the artifacts without a sure answer, and these are not among the answers
 * @throws RegError DAMAGED, TAGS_MISSING of a question about one, and where nothing takes them
 */
export async function askAt<T>(
  context: RegistryContext,
  scope: Scope,
  at: Date | undefined,
  question: (artifact: Artifact, facts: Facts) => T,
  unsure?: Unsure,
): Promise<Map<ArtifactName, T>> {
  const time = seconds(at);
  const suspects: [Artifact, Event[]][] = [];
  const damage: [ArtifactName, TagRef][] = [];
  const answers = await ask(
    annotatedTags(context),
    scope,
    (artifact, facts) =>
      time === undefined ? question(artifact, facts) : question(asOf(artifact, time, facts), COMPLETE),
    {
      onAnswer: (artifact, known) => {
        if (known.size === 0) return;
        const events = artifact.events.flatMap(({ tag }) => {
          const fact = known.get(tag);
          return typeof fact === 'object' ? fact : [];
        });
        if (gapsIn(events, artifact.events).length > 0) suspects.push([artifact, events]);
      },
      onDamage: (name, tag) => damage.push([name, tag]),
    },
  );
  const found: Unsure = new Map();
  for (const [name, tag] of damage) found.set(name, await damaged(context, name, tag));
  for (const [{ name, events: all }, events] of suspects)
    if (await isPartial(context, events, all)) found.set(name, partial(context, name));
  for (const [name, error] of found) {
    if (unsure === undefined) throw error;
    unsure.set(name, error);
    answers.delete(name);
  }
  return answers;
}

/** What an overview of all artifacts has. */
export interface OverviewView extends ReadOptions, View {
  /** Also artifacts that have nothing but stages that are not listed, and that nothing declares. */
  undeclared?: boolean | undefined;
}

/**
 * The summary of every artifact that has an event.
 * @param unsure takes the artifacts without a sure one
 */
export async function summaries(
  context: RegistryContext,
  { at, undeclared, ...view }: OverviewView,
  unsure: Unsure,
): Promise<Map<ArtifactName, Summary>> {
  const candidates = new Map<ArtifactName, StageName[]>();
  const answers = await askAt(
    context,
    'all',
    at,
    (artifact, facts) => {
      const stages = undeclared ? undefined : stagesAlone(artifact);
      if (stages !== undefined && stages.length > 0) candidates.set(artifact.name, stages);
      return summaryOf(artifact, view, facts);
    },
    unsure,
  );
  const left = candidates.size === 0 ? new Set() : await leftOut(context, candidates);
  return new Map(
    [...answers].flatMap(([name, summary]) => (summary && !left.has(name) ? [[name, summary]] : [])),
  );
}

/** The artifacts that an overview leaves out, of those that have nothing but stages. They are noted. */
export async function leftOut(
  context: RegistryContext,
  candidates: ReadonlyMap<ArtifactName, readonly StageName[]>,
): Promise<Set<ArtifactName>> {
  // loaded on use: few registries have such an artifact
  const { noteUndeclared, undeclaredAmong } = await import('./undeclared.js');
  const names = await undeclaredAmong(context, candidates);
  noteUndeclared(context, names);
  return names;
}

/** The stages of an artifact that has nothing else: no version and no deprecation; undefined for any other one. */
export const stagesAlone = (artifact: Artifact): StageName[] | undefined =>
  artifact.registrations.length === 0 && artifact.events.every((event) => 'stage' in event)
    ? [...artifact.stages.keys()]
    : undefined;

/** Which stages are wanted; with neither, the allowed ones and behind them the others in use. */
export interface StagesOptions extends ReadOptions {
  /** Those that the configuration lists, in order of promotion. */
  allowed?: boolean | undefined;
  /** Those that hold a version, by name; deprecated artifacts count. */
  used?: boolean | undefined;
}

/** The stages of a registry. */
export async function stages(
  context: RegistryContext,
  { allowed, used, at, onMissing }: StagesOptions,
): Promise<StageName[]> {
  const listed = used && !allowed ? [] : ((await context.config()).stages ?? []);
  if (allowed && !used) return [...listed];
  const unsure: Unsure = new Map();
  const answers = await summaries(context, { at }, unsure);
  const held = [...answers.values()].flatMap(({ stages: own }) => own.map(([stage]) => stage));
  reportMissing(context, onMissing, unsure);
  await isWithoutTags(context, answers.size + unsure.size, onMissing);
  return [...new Set([...listed, ...held.sort()])];
}

/** Which state of an artifact is meant: in a stage, a version (`latest` for the greatest), or a rev; else HEAD. */
export interface ChooseOptions extends TrustOptions {
  stage?: string | undefined;
  version?: string | undefined;
  /** A branch, tag or commit id of the registry. */
  rev?: string | undefined;
  /** Answers as of this moment. */
  at?: Date | undefined;
  /** Called where the artifact is deprecated. */
  onDeprecated?: OnDeprecated | undefined;
}

/** A commit of the registry, and the version that led there; null when a rev did. */
export interface Chosen {
  version: string | null;
  commit: Oid;
  /** What the artifact was called before, where its registration there took over one of that name. */
  renamedFrom?: ArtifactName | undefined;
  /** Whether the commit may declare the artifact under a later name. */
  mayBeLater?: boolean;
}

/**
 * Finds the commit of the registry that is meant.
 * @throws RegError USAGE when it is named twice, and what finding a stage, version or rev throws
 */
export async function choose(
  context: RegistryContext,
  name: ArtifactName,
  { stage, version, rev, at, onDeprecated, ...trust }: ChooseOptions,
): Promise<Chosen> {
  if ([stage, version, rev].filter((one) => one !== undefined).length > 1) throw namedTwice();
  await refuseExcluded(context, name);
  // a verified answer rests on events that are judged one by one
  const committed = trust.verify
    ? undefined
    : await committedAs(context, name, { stage, version, at, onDeprecated });
  if (committed) return committed;
  if (stage !== undefined) {
    const wanted = stageName(stage);
    const whole = await requireArtifact(context, name, at, trust.verify ? onDeprecated : undefined);
    const artifact = trust.verify ? await trustedPart(context, whole, { stage: wanted }, trust) : whole;
    const { version: held } = await requireCurrent(context, artifact, wanted, at);
    return chosenVersion(held);
  }
  if (version !== undefined) {
    const isAsked = !trust.verify && parseVersion(version) !== undefined;
    const whole = await requireArtifact(context, name, at, isAsked ? undefined : onDeprecated);
    const which = parseVersionTarget(`${name}@${version}`).which ?? { kind: 'latest' };
    const subject = which.kind === 'version' ? { version: which.id as VersionId } : 'versions';
    const artifact = trust.verify ? await trustedPart(context, whole, subject, trust) : whole;
    const found = findNamed(artifact, which, { at: seconds(at) });
    return chosenVersion(found);
  }
  if (at !== undefined)
    throw new RegError(
      'USAGE',
      'a time needs a stage or a version to ask about',
      `write ${name}#STAGE or ${name}@latest`,
    );
  const commit = await requireCommit(context, rev ?? 'HEAD');
  if (onDeprecated) await askOne(context, name, { onDeprecated }, () => undefined);
  return { version: null, commit, mayBeLater: true };
}

/** The version that is meant, from the tags that decide it; undefined without such a version, and for one that is named in another form. */
async function committedAs(
  context: RegistryContext,
  name: ArtifactName,
  { stage, version, at, onDeprecated }: ChooseOptions,
): Promise<Chosen | undefined> {
  const wanted = stage === undefined ? undefined : stageName(stage);
  const typed = version === undefined ? undefined : parseVersion(version);
  if (wanted === undefined && typed === undefined) return undefined;
  return askOne(context, name, { at, onDeprecated }, (artifact, facts): Chosen | undefined => {
    const held = wanted && current(artifact, wanted, facts);
    const id = held ? held.id : typed;
    if (id === undefined) return undefined;
    if (!isVersion(id)) return { version: id, commit: id, renamedFrom: held?.event.renamedFrom };
    if (!isActive(artifact, id, facts)) return undefined;
    const event = registrationOf(artifact, id, facts) ?? held?.event;
    return event && { version: id, commit: event.commit, renamedFrom: event.renamedFrom };
  });
}

const chosenVersion = ({ id, commit, event }: VersionState): Chosen => ({
  version: id,
  commit,
  renamedFrom: event.renamedFrom,
});

const namedTwice = (): RegError =>
  new RegError(
    'USAGE',
    'the version is named in more than one way',
    'give one of a stage, a version and a rev',
  );

/**
 * What a target that a person typed, or the options beside it, say about which state is meant.
 * @throws RegError USAGE where both do
 */
export function chosenBy(
  { which }: Target,
  { stage, version }: Pick<ChooseOptions, 'stage' | 'version'> = {},
): Pick<ChooseOptions, 'stage' | 'version'> {
  if (which === undefined) return { stage, version };
  if ((stage ?? version) !== undefined) throw namedTwice();
  switch (which.kind) {
    case 'stage':
      return { stage: which.stage };
    case 'version':
      return { version: which.id };
    case 'latest':
      return { version: 'latest' };
  }
}
