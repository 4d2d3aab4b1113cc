import { type ArtifactState, latestVersion } from '../domain/artifact.js';
import type { Oid } from '../domain/event.js';
import { type ArtifactName, type StageName, stageName } from '../domain/names.js';
import { compareText } from '../domain/order.js';
import { type Artifact, type Facts, lastTime, registrationOf, wasAssigned } from '../domain/state.js';
import { compareVersions, parseVersion, type Version } from '../domain/version.js';
import { RegError } from '../errors.js';
import { mapAtMost } from '../util/async.js';
import type { RegistryContext } from './context.js';
import { declaredArtifacts } from './declared.js';
import { describeChosen } from './describe.js';
import { unsureRow } from './make-rows.js';
import type { Unsure } from './missing.js';
import { askAt, reportMissing, requireKnownStage } from './queries.js';
import type { OverviewRow, VersionRow } from './rows.js';
import type { Filter, OverviewOptions } from './show.js';

// What `show` leaves out when it is asked for less. Loaded on use: to read labels takes what reads links.

/** So many declarations are read at the same time; each takes two runs of git. */
const AT_ONCE = 4;

/**
 * The rows of an overview that a filter keeps, in the order and number that is wanted. Labels and type are those of the artifact as
 * HEAD declares it; of a past moment, and where HEAD does not declare it, as its latest version does.
 * @throws RegError INVALID_STAGE, UNKNOWN_STAGE
 */
export async function filteredOverview(
  context: RegistryContext,
  rows: readonly OverviewRow[],
  options: OverviewOptions,
): Promise<OverviewRow[]> {
  const { stage, behind, never } = await stagesOf(context, options);
  const { at, sort = 'name', limit, onMissing } = options;
  // their versions are not known
  const marked = rows.filter(({ problem }) => problem !== null);
  let kept = rows.filter(
    (row) =>
      row.problem === null &&
      (stage === undefined || heldIn(row, stage).length > 0) &&
      (behind === undefined || isBehind(row, behind)),
  );
  const found: Unsure = new Map();
  const ask: AskAll = async (question) => {
    const unsure: Unsure = new Map();
    const answers = await askAt(context, 'all', at, question, unsure);
    // of all artifacts that were asked about, those that may be wanted
    for (const { artifact } of kept) {
      const error = unsure.get(artifact);
      if (error !== undefined) found.set(artifact, error);
    }
    kept = kept.filter(({ artifact }) => !unsure.has(artifact));
    return answers;
  };
  if (never !== undefined) {
    const ever = await ask((artifact, facts) => wasAssigned(artifact, never, facts));
    kept = kept.filter(({ artifact }) => ever.get(artifact) !== true);
  }
  if (isAboutDeclaration(options)) {
    const commits = await declaringCommits(context, kept, at, ask);
    kept = await filterAtMost(kept, async ({ artifact }) =>
      isDeclaredSo(context, artifact, commits.get(artifact), options),
    );
  }
  const times = sort === 'timestamp' ? await ask(lastTime) : undefined;
  const byName = (a: OverviewRow, b: OverviewRow): number => compareText(a.artifact, b.artifact);
  if (times !== undefined) {
    const timeOf = ({ artifact }: OverviewRow): number => times.get(artifact) ?? Number.NEGATIVE_INFINITY;
    kept = kept.toSorted((a, b) => timeOf(b) - timeOf(a) || byName(a, b));
  }
  if (sort === 'semver') kept = kept.toSorted(byLatest);
  reportMissing(context, onMissing, found);
  marked.push(...[...found].map(([name, error]) => unsureRow(name, error)));
  kept = sort === 'name' ? [...kept, ...marked].sort(byName) : [...kept, ...marked.sort(byName)];
  return kept.slice(0, limit);
}

/** Asks about every artifact. */
type AskAll = <T>(question: (artifact: Artifact, facts: Facts) => T) => Promise<Map<ArtifactName, T>>;

/** The greatest latest version first, artifacts without one last. */
function byLatest(a: OverviewRow, b: OverviewRow): number {
  if (a.latest === null || b.latest === null) return Number(a.latest === null) - Number(b.latest === null);
  return compareVersions(b.latest as Version, a.latest as Version) || compareText(a.artifact, b.artifact);
}

/**
 * The rows of the versions of an artifact that a filter keeps. Labels and type are as the commit of the version declares them.
 * @throws RegError INVALID_STAGE, UNKNOWN_STAGE
 */
export async function filteredVersions(
  context: RegistryContext,
  artifact: ArtifactState,
  rows: readonly VersionRow[],
  filter: Filter,
): Promise<VersionRow[]> {
  const { stage, behind, never } = await stagesOf(context, filter);
  const greatest = latestVersion(artifact)?.id;
  const isOld = ({ version, stages }: VersionRow): boolean =>
    (behind === 'any' ? stages.length > 0 : stages.includes(behind as StageName)) &&
    isLess(version, greatest);
  const kept = rows.filter(
    (row) =>
      (stage === undefined || row.stages.includes(stage)) &&
      (behind === undefined || isOld(row)) &&
      (never === undefined || !artifact.versions.get(row.version)?.stages.has(never)),
  );
  if (!isAboutDeclaration(filter)) return kept;
  return filterAtMost(kept, ({ commit }) => isDeclaredSo(context, artifact.name, commit as Oid, filter));
}

/** The stages that a filter names, each one that is known. */
async function stagesOf(
  context: RegistryContext,
  { stage, behind, never }: Filter,
): Promise<{ stage?: StageName; behind?: StageName | 'any'; never?: StageName }> {
  const known = async (name: string): Promise<StageName> => {
    const wanted = stageName(name);
    await requireKnownStage(context, wanted);
    return wanted;
  };
  return {
    ...(stage === undefined ? {} : { stage: await known(stage) }),
    ...(behind === undefined || behind === false
      ? {}
      : { behind: behind === true ? ('any' as const) : await known(behind) }),
    ...(never === undefined ? {} : { never: await known(never) }),
  };
}

const heldIn = ({ stages }: OverviewRow, stage: StageName): string[] => [stages[stage] ?? []].flat();

/** Whether what is current in a stage, or in any, comes before the latest version. */
const isBehind = (row: OverviewRow, stage: StageName | 'any'): boolean =>
  (stage === 'any' ? (Object.keys(row.stages) as StageName[]) : [stage]).some((one) =>
    isLess(heldIn(row, one)[0], row.latest),
  );

function isLess(id: string | undefined, greatest: string | null | undefined): boolean {
  const [version, latest] = [parseVersion(id ?? ''), parseVersion(greatest ?? '')];
  return version !== undefined && latest !== undefined && compareVersions(version, latest) < 0;
}

const isAboutDeclaration = ({ labels = [], type }: Filter): boolean =>
  labels.length > 0 || type !== undefined;

/** The commits whose declarations count, by artifact. */
async function declaringCommits(
  context: RegistryContext,
  rows: readonly OverviewRow[],
  at: Date | undefined,
  ask: AskAll,
): Promise<Map<ArtifactName, Oid>> {
  const { objects } = context.repository;
  const head = at === undefined ? await objects.commit('HEAD') : undefined;
  const declared = new Set(head === undefined ? [] : await declaredArtifacts(context, head));
  const latest = new Map(rows.map(({ artifact, latest: version }) => [artifact, version]));
  const registered = await ask((artifact, facts) => {
    const version = latest.get(artifact.name);
    return version ? registrationOf(artifact, version as Version, facts)?.commit : undefined;
  });
  return new Map(
    rows.flatMap(({ artifact }) => {
      const commit = declared.has(artifact) ? head : registered.get(artifact);
      return commit === undefined ? [] : [[artifact, commit] as const];
    }),
  );
}

/** Whether a commit declares an artifact with these labels and this type. */
async function isDeclaredSo(
  context: RegistryContext,
  artifact: ArtifactName,
  commit: Oid | undefined,
  { labels = [], type }: Filter,
): Promise<boolean> {
  if (commit === undefined) return false;
  try {
    const found = await describeChosen(context, artifact, { version: null, commit });
    return (
      (type === undefined || found.type === type) && labels.every((label) => hasLabel(found.labels, label))
    );
  } catch (error) {
    if (!(error instanceof RegError)) throw error;
    if (error.code !== 'NOT_DECLARED') context.note(`warning: ${artifact} is left out: ${error.message}`);
    return false;
  }
}

/** Whether labels, a mapping or a list, have `key=value`, or `key` with any value. */
function hasLabel(labels: unknown, wanted: string): boolean {
  if (Array.isArray(labels)) return labels.map(String).includes(wanted);
  if (typeof labels !== 'object' || labels === null) return false;
  return Object.entries(labels).some(([key, value]) => key === wanted || `${key}=${value}` === wanted);
}

async function filterAtMost<T>(items: readonly T[], test: (item: T) => Promise<boolean>): Promise<T[]> {
  const kept = await mapAtMost(AT_ONCE, items, test);
  return items.filter((_, index) => kept[index]);
}
