import type { ArtifactState, State } from '../domain/artifact.js';
import type { Oid } from '../domain/event.js';
import type { ArtifactName } from '../domain/names.js';
import type { VersionId } from '../domain/state.js';
import { parseTagName } from '../domain/tag-name.js';
import { formatTime } from '../domain/time.js';
import { compareVersions, type Version } from '../domain/version.js';
import { RegError } from '../errors.js';
import type { ObjectReader, TagReading, TagRef, TreeEntry } from '../git/port.js';
import type { RegistryContext } from '../registry/context.js';
import { describeChosen } from '../registry/describe.js';
import { history, intervals } from '../registry/history.js';
import { overview } from '../registry/overview.js';
import { readAllTags, readState } from '../registry/read.js';
import type { Description, HistoryRow, IntervalRow, VersionRow } from '../registry/rows.js';
import { versions } from '../registry/show.js';
import { memoize } from '../util/async.js';
import type { OverviewEntry } from './web/page.js';

/**
 * The registry as it is now, its tags read once: whatever is asked of it later tells of the same moment, and a site of a
 * thousand artifacts does not read them a thousand times.
 */
export async function snapshotOf(context: RegistryContext): Promise<RegistryContext> {
  const readings = await readAllTags(context.repository.tags, 'all');
  const byArtifact = new Map<ArtifactName, TagReading[]>();
  for (const reading of readings) {
    const artifact = parseTagName(refOf(reading).name)?.artifact;
    if (artifact === undefined) continue;
    const own = byArtifact.get(artifact);
    if (own) own.push(reading);
    else byArtifact.set(artifact, [reading]);
  }
  const of = (artifact: ArtifactName): TagReading[] => byArtifact.get(artifact) ?? [];
  return {
    ...context,
    repository: {
      ...rememberingReader(context.repository),
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

const refOf = (reading: TagReading): TagRef => ('tag' in reading ? reading.tag : reading.ref);

/** So many commits, and so many files, are remembered: those of the last few artifacts. */
const COMMITS = 32;
const BLOBS = 200;

type Listing = ReadonlyMap<string, TreeEntry>;

/**
 * Reads each commit's list of files once, and each file once. A site asks of every version for its link, and for cards in several
 * places where mostly none are; each question by itself would be a run of git.
 */
function rememberingReader<T extends ObjectReader>(objects: T): T {
  const listingOf = memoize(
    async (commit: Oid): Promise<Listing> =>
      new Map((await objects.entriesBelow(commit, '')).map((entry) => [entry.path, entry])),
    { most: COMMITS },
  );
  const sizeOf = memoize(async (oid: Oid) => (await objects.blobSizes([oid])).get(oid), { most: BLOBS });
  return {
    ...objects,
    entryAt: async (commit, path) => {
      const listing = await listingOf(commit);
      const found = listing.get(path);
      // a folder is in no list of files
      const isFolder =
        path === '' || (!found && [...listing.keys()].some((one) => one.startsWith(`${path}/`)));
      return isFolder ? objects.entryAt(commit, path) : found;
    },
    entriesBelow: async (commit, path) => {
      const listing = [...(await listingOf(commit)).values()];
      return path === '' ? listing : listing.filter((entry) => entry.path.startsWith(`${path}/`));
    },
    readBlob: memoize((oid: Oid) => objects.readBlob(oid), { most: BLOBS }),
    blobSizes: async (oids) => {
      const sizes = new Map<Oid, number>();
      for (const oid of oids) {
        const size = await sizeOf(oid);
        if (size !== undefined) sizes.set(oid, size);
      }
      return sizes;
    },
  };
}

/** What a site says of one artifact: `data/artifacts/….json`. Each part is what the command of that name answers. */
export interface ArtifactData {
  artifact: ArtifactName;
  /** `reg show A` */
  versions: VersionRow[];
  /** `reg history A --intervals` */
  intervals: IntervalRow[];
  /** `reg history A` */
  history: HistoryRow[];
  /** `reg describe A@version`, of every version that is declared readably. */
  descriptions: Description[];
  /** Why others have no description, by version. */
  problems: Record<string, string>;
}

/** What tags tell of an artifact. */
export type ArtifactEvents = Pick<ArtifactData, 'versions' | 'intervals' | 'history'>;

/** The greatest version that is registered and active; null without one. */
export const latestOf = ({ versions }: ArtifactEvents): VersionRow['version'] | null =>
  versions.find(({ active, version }) => active && version.startsWith('v'))?.version ?? null;

/** Reads what tags tell of an artifact, which may have none yet. */
export async function artifactEvents(
  context: RegistryContext,
  artifact: ArtifactName,
): Promise<ArtifactEvents> {
  if ([...(await context.repository.tags.list(artifact)).refs].length === 0)
    return { versions: [], intervals: [], history: [] };
  const [rows, stays, events] = await Promise.all([
    versions(context, artifact, {}),
    intervals(context, artifact, {}),
    history(context, artifact, {}),
  ]);
  return { versions: rows, intervals: stays, history: events };
}

/** Reads everything about one artifact. */
export async function artifactData(
  context: RegistryContext,
  artifact: ArtifactName,
  events: ArtifactEvents,
): Promise<ArtifactData> {
  const descriptions: Description[] = [];
  const problems: Record<string, string> = {};
  for (const { version, commit } of events.versions)
    try {
      descriptions.push(await describeChosen(context, artifact, { version, commit }));
    } catch (error) {
      if (!(error instanceof RegError)) throw error;
      problems[version] = error.message;
    }
  return { artifact, ...events, descriptions, problems };
}

/** The rows of `reg show --deprecated`, each with how far its stages are behind and what happened last. */
export async function overviewData(context: RegistryContext): Promise<OverviewEntry[]> {
  const [rows, state] = await Promise.all([
    overview(context, { deprecated: true }),
    readState(context.repository.tags),
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

/** By stage, how many active versions are greater than the one in it; left out for a commit that was never registered. */
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

/** The numbers of a mapping, such as the metrics of a link; whatever else is there is left out. */
export function numbersIn(metrics: unknown): Record<string, number> {
  const entries = Object.entries((metrics ?? {}) as Record<string, unknown>);
  return Object.fromEntries(
    entries.filter((one): one is [string, number] => typeof one[1] === 'number' && Number.isFinite(one[1])),
  );
}
