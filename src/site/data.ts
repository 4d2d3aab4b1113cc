import { basename } from 'node:path';
import type { ArtifactState, State } from '../domain/artifact.js';
import type { Oid } from '../domain/event.js';
import type { ArtifactName } from '../domain/names.js';
import type { VersionId } from '../domain/state.js';
import { parseTagName } from '../domain/tag-name.js';
import { formatTime } from '../domain/time.js';
import { compareVersions, type Version } from '../domain/version.js';
import { RegError } from '../errors.js';
import { type Objects, refOf, type TagReading, type TagRef, type TreeEntry } from '../git/port.js';
import { pagesAt } from '../registry/browse.js';
import { siteAddress } from '../registry/site-address.js';
import type { RegistryContext } from '../registry/context.js';
import { describeChosen } from '../registry/describe.js';
import { history, intervals } from '../registry/history.js';
import { stages } from '../registry/queries.js';
import { annotatedTags, readAllTags, readArtifact, readState } from '../registry/read.js';
import type { ApprovedRow, Description, HistoryRow, IntervalRow, ShownVersion } from '../registry/rows.js';
import { overview, versions } from '../registry/show.js';
import { shownAddress, withoutLogin } from '../util/address.js';
import { memoize } from '../util/async.js';
import type { Frame, OverviewEntry } from './web/page.js';

/**
 * The registry as it is now. Tags are read once: all answers are of the same moment, and a site of a thousand artifacts does not
 * read them a thousand times.
 */
export async function snapshotOf(context: RegistryContext): Promise<RegistryContext> {
  const readings = await readAllTags(annotatedTags(context), 'all');
  const byArtifact = new Map<ArtifactName, TagReading[]>();
  for (const reading of readings) {
    const artifact = parseTagName(refOf(reading).name)?.artifact;
    if (artifact === undefined) continue;
    const own = byArtifact.get(artifact);
    if (own) own.push(reading);
    else byArtifact.set(artifact, [reading]);
  }
  const of = (artifact: ArtifactName): TagReading[] => byArtifact.get(artifact) ?? [];
  const noted = new Set<string>();
  return {
    ...context,
    // several parts of a site ask the same
    note: (text) => {
      if (!noted.has(text)) context.note(text);
      noted.add(text);
    },
    repository: {
      ...context.repository,
      objects: rememberingReader(context.repository.objects),
      tags: {
        list: async (scope) => {
          const own = scope === 'all' ? readings : of(scope);
          const known = new Map(own.map((reading) => [refOf(reading).name, reading]));
          return { refs: own.map((reading) => ({ ...refOf(reading), peeled: peeledOf(reading) })), known };
        },
        read: async (refs) => {
          const names = new Set(refs.map(({ name }) => name));
          return readings.filter((reading) => names.has(refOf(reading).name));
        },
      },
    },
  };
}

const peeledOf = (reading: TagReading): TagRef['peeled'] => {
  if ('tag' in reading) return reading.tag.commit;
  return reading.defect === 'lightweight' ? undefined : 'unknown';
};

/** How many commits and files are kept: those of a few artifacts. */
const COMMITS = 32;
const BLOBS = 200;

type Listing = ReadonlyMap<string, TreeEntry>;

/**
 * Reads the list of files of each commit once, and each file once. A site reads the link of every version, and looks for cards in
 * several places; each question alone would be a run of git.
 */
function rememberingReader(objects: Objects): Objects {
  const listingOf = memoize(
    async (commit: Oid): Promise<Listing> =>
      new Map((await objects.entries(commit, '')).map((entry) => [entry.path, entry])),
    { most: COMMITS },
  );
  const blobOf = memoize(({ oid, most }: { oid: Oid; most: number | undefined }) => objects.blob(oid, most), {
    most: BLOBS,
  });
  const sizeOf = memoize(async (oid: Oid) => (await objects.sizes([oid])).get(oid), { most: BLOBS });
  return {
    ...objects,
    entry: async (commit, path) => {
      const listing = await listingOf(commit);
      const found = listing.get(path);
      // lists have files only, not folders
      const isFolder =
        path === '' || (!found && [...listing.keys()].some((one) => one.startsWith(`${path}/`)));
      return isFolder ? objects.entry(commit, path) : found;
    },
    entries: async (commit, path) => {
      const listing = [...(await listingOf(commit)).values()];
      return path === '' ? listing : listing.filter((entry) => entry.path.startsWith(`${path}/`));
    },
    blob: (oid, most) => blobOf({ oid, most }),
    sizes: async (oids) => {
      const sizes = new Map<Oid, number>();
      for (const oid of oids) {
        const size = await sizeOf(oid);
        if (size !== undefined) sizes.set(oid, size);
      }
      return sizes;
    },
  };
}

/** What all pages of a site share; each page adds its own path to the top. */
export type SiteFrame = Omit<Frame, 'root'> & {
  /** The address of the repository without secrets; undefined for one on this machine. */
  address: string | undefined;
};

/** Reads what all pages share. */
export async function siteFrame(context: RegistryContext, live: string | null): Promise<SiteFrame> {
  const remote = await remoteOf(context);
  // others know neither what git rewrites here nor the aliases of ssh
  const address = isElsewhere(remote) ? withoutLogin(await siteAddress(context, remote)) : undefined;
  const [pages, listed, stays, root] = await Promise.all([
    pagesAt(address),
    stages(context, {}),
    intervals(context, undefined, {}),
    context.repository.workTree(),
  ]);
  // stages that are empty now were used too
  const used = stays.map(({ stage }) => stage).sort();
  return {
    registry: nameOf(address ?? root ?? remote) ?? 'registry',
    address,
    read: formatTime(Math.floor(context.now() / 1000)),
    live,
    stages: [...new Set([...listed, ...used])],
    // the id of a commit or the name of a tag follows these
    host: pages ? { commit: pages.commit(''), tag: pages.tag('') } : null,
    repo: address ?? null,
  };
}

/** The URL of the registry, or of the remote of a clone. It may be a path, and may hold a login. */
const remoteOf = async ({ repository }: RegistryContext): Promise<string | undefined> =>
  repository.address ?? (await repository.largeFiles.remote().catch(() => undefined))?.url;

/** Whether other machines can reach a repository at this address. */
const isElsewhere = (url: string | undefined): url is string =>
  url !== undefined && /^(https?|ssh|git):\/\/|^[^/\\:]{2,}:(?!\/\/)/.test(url);

function nameOf(place: string | undefined): string | undefined {
  const last = basename(
    shownAddress(place ?? '')
      .replace(/[/:]+$/, '')
      .replace(/\.git$/, ''),
  );
  return last.replace(/^.*:/, '') || undefined;
}

/** The data of an artifact, `data/artifacts/….json`. Each part is the answer of a command. */
export interface ArtifactData {
  artifact: ArtifactName;
  /** `reg show A` */
  versions: ShownVersion[];
  /** `reg history A --intervals` */
  intervals: IntervalRow[];
  /** `reg history A` */
  history: HistoryRow[];
  /** `reg describe A@version` of every version with a readable declaration. */
  descriptions: Description[];
  /** Why other versions have no description. */
  problems: Record<string, string>;
}

/** The part of the data that tags hold. */
export type ArtifactEvents = Pick<ArtifactData, 'versions' | 'intervals' | 'history'>;

/** The greatest version that is registered and active; null where there is no such version. */
export const latestOf = ({ versions }: ArtifactEvents): ShownVersion['version'] | null =>
  versions.find(({ active, version }) => active && version.startsWith('v'))?.version ?? null;

/**
 * Reads the part of an artifact's data that tags hold. A declared artifact may have no tags yet.
 * @param approvals of all artifacts
 */
export async function artifactEvents(
  context: RegistryContext,
  artifact: ArtifactName,
  approvals: readonly ApprovedRow[],
): Promise<ArtifactEvents> {
  if ([...(await context.repository.tags.list(artifact)).refs].length === 0)
    return { versions: [], intervals: [], history: [] };
  const [rows, stays, events] = await Promise.all([
    versions(context, artifact, {}, approvals),
    intervals(context, artifact, {}),
    history(context, artifact, {}),
  ]);
  return { versions: rows, intervals: stays, history: events };
}

/** Reads the data of an artifact. */
export async function artifactData(
  context: RegistryContext,
  artifact: ArtifactName,
  events: ArtifactEvents,
): Promise<ArtifactData> {
  const descriptions: Description[] = [];
  const problems: Record<string, string> = {};
  const state = events.versions.length === 0 ? undefined : await readArtifact(context, artifact);
  for (const { version, commit, approvals } of events.versions)
    try {
      const renamedFrom = state?.versions.get(version)?.event.renamedFrom;
      const chosen = { version, commit, renamedFrom };
      descriptions.push({ ...(await describeChosen(context, artifact, chosen)), approvals });
    } catch (error) {
      if (!(error instanceof RegError)) throw error;
      problems[version] = error.message;
    }
  return { artifact, ...events, descriptions, problems };
}

/** The rows of `reg show --deprecated`, each with its last change, and how far its stages are behind. */
export async function overviewData(context: RegistryContext): Promise<OverviewEntry[]> {
  const [rows, state] = await Promise.all([
    overview(context, { deprecated: true }),
    readState(context, undefined, () => undefined),
  ]);
  return rows.map((row) => ({
    ...row,
    behind: behindIn(state, row.artifact, row.stages as Record<string, VersionId>),
    ...lastChange(state.get(row.artifact)),
  }));
}

function lastChange(artifact: ArtifactState | undefined): Pick<OverviewEntry, 'changed' | 'changedBy'> {
  const last = artifact?.events.at(-1);
  return { changed: last ? formatTime(last.time) : null, changedBy: last?.tagger.name ?? null };
}

/** By stage, the number of active versions that are greater than the one in it. Without stages that hold an unregistered commit. */
function behindIn(
  state: State,
  artifact: ArtifactName,
  stages: Record<string, VersionId>,
): Record<string, number> {
  const versions = [...(state.get(artifact)?.versions.values() ?? [])];
  const active = versions.filter((one) => one.registered && one.active).map(({ id }) => id as Version);
  const known = Object.entries(stages).filter(([, id]) => active.includes(id as Version));
  return Object.fromEntries(
    known.map(([stage, id]) => [
      stage,
      active.filter((one) => compareVersions(one, id as Version) > 0).length,
    ]),
  );
}

/** The numbers of a mapping, such as the metrics of a link. */
export function numbersIn(metrics: unknown): Record<string, number> {
  const entries = Object.entries((metrics ?? {}) as Record<string, unknown>);
  return Object.fromEntries(
    entries.filter((one): one is [string, number] => typeof one[1] === 'number' && Number.isFinite(one[1])),
  );
}
