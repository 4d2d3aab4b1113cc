import {
  type ArtifactState,
  currentIn,
  type InStage,
  type VersionOrder,
  versionsByStage,
  versionsInStage,
} from '../domain/artifact.js';
import type { Event, Oid } from '../domain/event.js';
import { findCurrent, findLatest, findNamed, unknownArtifact } from '../domain/find.js';
import { type ArtifactName, artifactName, type StageName, stageName } from '../domain/names.js';
import { compareText } from '../domain/order.js';
import {
  type Artifact,
  asOf,
  COMPLETE,
  current,
  deprecation,
  effectiveTime,
  type Facts,
  latest as greatest,
  heldByStage,
  inStage,
  isVersion,
  registrationOf,
  type Summary,
  summaryOf,
  type VersionId,
  type View,
} from '../domain/state.js';
import { currentSince } from '../domain/timeline.js';
import { parseTarget, parseVersionTarget, type Target } from '../domain/target.js';
import { RegError } from '../errors.js';
import { type RegistryContext, requireCommit, type TrustOptions, wantsVerified } from './context.js';
import type { Subject } from './trusted.js';
import { declarationsIn, filesAt } from './declared.js';
import { declaredRow, madeBy, stageRow, summaryRow, versionRows } from './make-rows.js';
import { ask, readArtifact, readArtifactNames } from './read.js';
import type { Made, OverviewRow, StageRow, VersionRow } from './rows.js';

/** Options of every reading call. */
export interface ReadOptions {
  /** Answers as of this moment, from the events whose effective time is not after it. */
  at?: Date | undefined;
  /** Called where the artifact that is asked about is deprecated. */
  onDeprecated?: OnDeprecated | undefined;
}

/** Is given the name of a deprecated artifact, and of the one that takes its place. */
export type OnDeprecated = (artifact: ArtifactName, successor: ArtifactName | undefined) => void;

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
  const artifact = await readArtifact(context.repository.tags, wanted, seconds(at));
  if (artifact.deprecated) onDeprecated?.(wanted, artifact.events.at(-1)?.successor);
  if (artifact.events.length > 0) return artifact;
  const known = await readArtifactNames(context.repository.tags);
  if (at && known.includes(wanted))
    throw new RegError(
      'UNKNOWN_ARTIFACT',
      `${wanted} had no event yet at ${at.toISOString()}`,
      `see: reg history ${wanted}`,
    );
  const mayLack = await isClone(context);
  // where tags are missing for sure, those that are here tell little
  const others = mayLack && (await context.repository.history.isShallow()) ? [] : known;
  throw unknownArtifact(wanted, others, mayLack);
}

/** Whether there is a remote, which may have more tags. */
const isClone = async ({ repository, remote }: RegistryContext): Promise<boolean> =>
  repository.address === undefined &&
  remote().then(
    (name) => repository.hasRemote(name),
    () => true,
  );

/**
 * The current version in a stage. The configuration is read only to say what is wrong.
 * @throws RegError UNKNOWN_STAGE, NOTHING_IN_STAGE
 */
export async function requireCurrent(
  context: RegistryContext,
  artifact: ArtifactState,
  stage: StageName,
): Promise<InStage> {
  return currentIn(artifact, stage) ?? findCurrent(artifact, stage, (await context.config()).stages);
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
export async function which(
  context: RegistryContext,
  name: string,
  stage: string,
  options: WhichOptions,
): Promise<[StageRow, ...StageRow[]]> {
  const { verify } = options;
  if (verify === true) return whichVerified(context, name, stage, options);
  // both ask git, at once: the configuration takes no time of its own
  const [answer, verifies] = await Promise.all([
    whichUnverified(context, name, stage, options).catch(asValue),
    verify === undefined && wantsVerified(context, false).catch(asValue),
  ]);
  if (verifies === true) return whichVerified(context, name, stage, options);
  if (answer instanceof Error) throw answer;
  if (verifies instanceof Error) throw verifies;
  return answer;
}

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
  stage: string,
  options: WhichOptions,
): Promise<[StageRow, ...StageRow[]]> {
  const wanted = stageName(stage);
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
  stage: string,
  { at, all, onDeprecated }: WhichOptions,
): Promise<[StageRow, ...StageRow[]]> {
  const wanted = stageName(stage);
  const rows = await askOne(context, name, { at, onDeprecated }, (artifact, facts) => {
    const held = all
      ? [...inStage(artifact, wanted, facts)]
      : [current(artifact, wanted, facts) ?? []].flat();
    return held.map(({ id, event }, index): StageRow => {
      const commit = isVersion(id) ? (registrationOf(artifact, id, facts)?.commit ?? event.commit) : id;
      const assignment = { ...event, time: effectiveTime(event, artifact, facts) };
      const since = index === 0 ? currentSince(artifact, wanted, facts) : undefined;
      return stageRow(artifact.name, wanted, { version: { id, commit }, assignment }, since);
    });
  });
  const [first, ...others] = rows ?? [];
  if (first) return [first, ...others];
  const artifact = await requireArtifact(context, name, at);
  const { version, assignment } = await requireCurrent(context, artifact, wanted);
  const since = currentSince(artifact.grouped, wanted, COMPLETE);
  return [stageRow(artifact.name, wanted, { version, assignment }, since)];
}

/**
 * The greatest active registered version.
 * @throws RegError INVALID_NAME, UNKNOWN_ARTIFACT, UNKNOWN_VERSION
 */
export async function latest(
  context: RegistryContext,
  name: string,
  options: ReadOptions,
): Promise<VersionRow> {
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
  const { id } = findLatest(artifact);
  return versionRows(artifact).find(({ version }) => version === id) as VersionRow;
}

const madeAt = (event: Event, artifact: Artifact, facts: Facts): Made =>
  madeBy({ ...event, time: effectiveTime(event, artifact, facts) });

/** Asks about one artifact as of now or of a moment. */
async function askOne<T>(
  { repository }: RegistryContext,
  name: string,
  { at, onDeprecated }: ReadOptions,
  question: (artifact: Artifact, facts: Facts) => T,
): Promise<T | undefined> {
  const wanted = artifactName(name);
  const time = seconds(at);
  const both = (artifact: Artifact, facts: Facts): [T, Event | undefined] => {
    const last = onDeprecated && deprecation(artifact, facts);
    return [question(artifact, facts), last];
  };
  const answers = await ask(repository.tags, wanted, (artifact, facts) =>
    time === undefined ? both(artifact, facts) : both(asOf(artifact, time, facts), COMPLETE),
  );
  const [answer, last] = answers.get(wanted) ?? [];
  if (last !== undefined) onDeprecated?.(wanted, last.successor);
  return answer;
}

/** What an overview shows. */
export interface OverviewOptions extends ReadOptions, View {
  /** Deprecated artifacts too. */
  deprecated?: boolean | undefined;
  /** Gets a warning for each file of HEAD that may declare artifacts and cannot be read. */
  onWarning?: ((warning: string) => void) | undefined;
}

/**
 * One row for each artifact, by name. Artifacts that HEAD declares and that are not registered are among them, unless the past or
 * registered ones alone are asked for.
 */
export async function overview(context: RegistryContext, options: OverviewOptions): Promise<OverviewRow[]> {
  const [declared, registered] = await Promise.all([
    options.at || options.registeredOnly ? [] : declaredAtHead(context, options.onWarning),
    summaries(context, options),
  ]);
  const rows = [...registered].map(([name, summary]) => summaryRow(name, summary, options));
  const waiting = declared.filter((name) => !registered.has(name)).map(declaredRow);
  return [...rows, ...waiting]
    .filter((row) => options.deprecated || !row.deprecated)
    .sort((a, b) => compareText(a.artifact, b.artifact));
}

/** The summary of every artifact that has an event. */
export async function summaries(
  { repository }: RegistryContext,
  { at, ...view }: ReadOptions & View,
): Promise<Map<ArtifactName, Summary>> {
  const time = seconds(at);
  const answers = await ask(repository.tags, 'all', (artifact, facts) =>
    time === undefined
      ? summaryOf(artifact, view, facts)
      : summaryOf(asOf(artifact, time, facts), view, COMPLETE),
  );
  return new Map([...answers].flatMap(([name, summary]) => (summary ? [[name, summary]] : [])));
}

async function declaredAtHead(
  { repository: { objects } }: RegistryContext,
  onWarning: OverviewOptions['onWarning'],
): Promise<ArtifactName[]> {
  const head = await objects.commit('HEAD');
  if (head === undefined) return [];
  const { names, problems } = await declarationsIn(await filesAt(objects, head));
  for (const { kind, file, line, message } of problems)
    if (kind === 'unreadable') onWarning?.(`warning: ${file}:${line} cannot be read: ${message}`);
  return names;
}

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
  { allowed, used, at }: StagesOptions,
): Promise<StageName[]> {
  const listed = used && !allowed ? [] : ((await context.config()).stages ?? []);
  if (allowed && !used) return [...listed];
  const held = [...(await summaries(context, { at })).values()].flatMap(({ stages: own }) =>
    own.map(([stage]) => stage),
  );
  return [...new Set([...listed, ...held.sort()])];
}

/** Which versions are shown, and in which order. */
export interface VersionsOptions extends ReadOptions, View {
  sort?: VersionOrder | undefined;
}

/** One row for each version that a target names: all of an artifact, `@version`, `@latest` or those in `#stage`. */
export async function versions(
  context: RegistryContext,
  target: string,
  options: VersionsOptions,
): Promise<VersionRow[]> {
  const { artifact: name, which } = parseTarget(target);
  const artifact = await requireArtifact(context, name, options.at, options.onDeprecated);
  const wanted = which && (await idsOf(context, artifact, which, options));
  return versionRows(artifact, options, options.sort).filter((row) => wanted?.includes(row.version) ?? true);
}

async function idsOf(
  context: RegistryContext,
  artifact: ArtifactState,
  which: NonNullable<Target['which']>,
  view: View,
): Promise<string[]> {
  if (which.kind !== 'stage') return [findNamed(artifact, which).id];
  const held = versionsByStage(artifact, view).get(which.stage) ?? [
    await requireCurrent(context, artifact, which.stage),
  ];
  return held.map(({ version }) => version.id);
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
  if ([stage, version, rev].filter((one) => one !== undefined).length > 1)
    throw new RegError(
      'USAGE',
      'the version is named in more than one way',
      'give one of a stage, a version and a rev',
    );
  if (stage !== undefined) {
    const wanted = stageName(stage);
    const whole = await requireArtifact(context, name, at, onDeprecated);
    const artifact = trust.verify ? await trustedPart(context, whole, { stage: wanted }, trust) : whole;
    const { version: held } = await requireCurrent(context, artifact, wanted);
    return { version: held.id, commit: held.commit };
  }
  if (version !== undefined) {
    const whole = await requireArtifact(context, name, at, onDeprecated);
    const which = parseVersionTarget(`${name}@${version}`).which ?? { kind: 'latest' };
    const subject = which.kind === 'version' ? { version: which.id as VersionId } : 'versions';
    const artifact = trust.verify ? await trustedPart(context, whole, subject, trust) : whole;
    const found = findNamed(artifact, which);
    return { version: found.id, commit: found.commit };
  }
  if (at !== undefined)
    throw new RegError(
      'USAGE',
      'a time needs a stage or a version to ask about',
      `write ${name}#STAGE or ${name}@latest`,
    );
  const commit = await requireCommit(context, rev ?? 'HEAD');
  if (onDeprecated) await askOne(context, name, { onDeprecated }, () => undefined);
  return { version: null, commit };
}

/** What a target that a person typed says about which state is meant. */
export function chosenBy({ which }: Target): Pick<ChooseOptions, 'stage' | 'version'> {
  switch (which?.kind) {
    case 'stage':
      return { stage: which.stage };
    case 'version':
      return { version: which.id };
    case 'latest':
      return { version: 'latest' };
    default:
      return {};
  }
}
