import { wayOf } from '../domain/metrics.js';
import type { ArtifactName } from '../domain/names.js';
import { RegError } from '../errors.js';
import { pagesAt } from '../registry/browse.js';
import type { RegistryContext } from '../registry/context.js';
import { history, intervals } from '../registry/history.js';
import { unsureRow } from '../registry/make-rows.js';
import { reportMissing } from '../registry/queries.js';
import { readState } from '../registry/read.js';
import type { Description, HistoryRow, IntervalRow, Made, ShownVersion } from '../registry/rows.js';
import { approvalsKnown } from '../registry/show.js';
import { once } from '../util/async.js';
import { type AskSource, cardOf } from './cards.js';
import {
  type ArtifactData,
  type ArtifactEvents,
  artifactData,
  artifactEvents,
  latestOf,
  numbersIn,
  overviewData,
  type SiteFrame,
  siteFrame,
  snapshotOf,
} from './data.js';
import { type Assets, documentOf, readAssets } from './document.js';
import type {
  ArtifactPage,
  CompareLink,
  ComparePage,
  HistoryPage,
  OverviewEntry,
  OverviewPage,
  PageContent,
  ShortStay,
  VersionPage,
} from './web/page.js';
import { artifactDataPath, artifactPath, comparePath, versionPath } from './web/site-path.js';

/** Makes the text of a file of a site. */
type MakeFile = () => Promise<string>;

/** The files of a site by their paths. Each is made on demand. `….html` are pages, `data/….json` is for other tools. */
export type Site = ReadonlyMap<string, MakeFile>;

/** What all pages are made from. */
export interface SiteParts {
  context: RegistryContext;
  frame: SiteFrame;
  assets: Assets;
  askSource: AskSource;
}

/**
 * The site of a registry with its tags as they are now. An artifact whose tags are missing or cannot be read is marked in the overview,
 * and has no page.
 * @param live the mark of this state, where the pages ask their server for changes; null for a written site
 * @param onMissing takes the artifacts without a page
 */
export async function siteOf(
  registry: RegistryContext,
  live: string | null,
  askSource: AskSource,
  onMissing: (artifact: ArtifactName) => void = () => undefined,
): Promise<Site> {
  const context = await snapshotOf(registry);
  const parts = { context, frame: await siteFrame(context, live), assets: await readAssets(), askSource };
  const entries = await overviewData(context);
  // the snapshot holds events alone
  const approvals = await approvalsKnown(registry, async () => [
    ...(await readState(context, undefined, () => undefined)).values(),
  ]);
  const files = new Map<string, MakeFile>();
  for (const [index, entry] of entries.entries()) {
    const { artifact } = entry;
    // one old event may be damaged that the overview does not need
    const events =
      entry.problem === null
        ? await artifactEvents(context, artifact, approvals).catch(unlessUnsure)
        : undefined;
    if (events instanceof RegError) {
      reportMissing(context, undefined, new Map([[artifact, events]]));
      entries[index] = { ...entry, ...unsureRow(artifact, events), behind: {} };
    }
    if (events === undefined || events instanceof RegError) {
      onMissing(artifact);
      continue;
    }
    const data = once(() => artifactData(context, artifact, events));
    for (const [path, make] of artifactPages(parts, artifact, events, data)) files.set(path, make);
    files.set(artifactDataPath(artifact), async () => jsonOf(published(await data())));
  }
  return new Map([...topFiles(parts, entries), ...files]);
}

/** The error of an answer that ended because tags are missing or cannot be read. */
function unlessUnsure(error: unknown): RegError {
  if (error instanceof RegError && (error.code === 'DAMAGED' || error.code === 'TAGS_MISSING')) return error;
  throw error;
}

/** The data for other tools: answers of commands, without the messages that only pages show. */
const published = ({ problems: _, ...data }: ArtifactData): Omit<ArtifactData, 'problems'> => data;

/** A page as a file: its path, and the function that makes its document. */
const pageAt = (parts: SiteParts, path: string, make: () => Promise<PageContent>): [string, MakeFile] => [
  path,
  async () => documentOf(path, await make(), parts),
];

function topFiles(parts: SiteParts, entries: readonly OverviewEntry[]): [string, MakeFile][] {
  const { context, frame, assets } = parts;
  const events = once(() => history(context, undefined, {}));
  const stays = once(() => intervals(context, undefined, { ascending: true }));
  return [
    pageAt(parts, 'index.html', async () => overviewPage(entries, await stays())),
    pageAt(parts, 'history.html', async () => historyPage(await events())),
    ['data/overview.json', async () => jsonOf(entries)],
    ['data/history.json', async () => jsonOf(await events())],
    ['data/stages.json', async () => jsonOf(frame.stages)],
    [assets.script.path, async () => assets.script.text],
    [assets.style.path, async () => assets.style.text],
    [assets.icon.path, async () => assets.icon.text],
    // without it, GitHub Pages leaves out files that begin with an underscore
    ['.nojekyll', async () => ''],
  ];
}

const jsonOf = (value: unknown): string => `${JSON.stringify(value, null, 1)}\n`;

/** The most intervals on the overview; with more than that it has none, to stay small. */
const MOST_STAYS = 2000;
/** The most events on the page of the history; its data has all. */
const MOST_EVENTS = 2000;

/** The overview. `stays` are sorted, oldest first. */
function overviewPage(rows: readonly OverviewEntry[], stays: readonly IntervalRow[]): OverviewPage {
  return { kind: 'overview', rows, stays: stays.length > MOST_STAYS ? null : stays.map(shortStay) };
}

const shortStay = ({ artifact, stage, version, from, until, author }: IntervalRow): ShortStay => [
  artifact,
  stage,
  version,
  from,
  until,
  author,
];

/** The page of the history. */
const historyPage = (events: readonly HistoryRow[]): HistoryPage => ({
  kind: 'history',
  rows: events.slice(0, MOST_EVENTS),
  total: events.length,
});

/** The pages of an artifact: its own, one for each version, and one to compare versions where there are two. */
function artifactPages(
  parts: SiteParts,
  artifact: ArtifactName,
  events: ArtifactEvents,
  data: () => Promise<ArtifactData>,
): [string, MakeFile][] {
  const rows = [...events.versions, ...pastVersions(events)];
  return [
    pageAt(parts, artifactPath(artifact), async () => artifactPage(await data())),
    ...rows.map((row) =>
      pageAt(parts, versionPath(artifact, row.version), async () => versionPage(parts, row, await data())),
    ),
    ...(events.versions.length > 1
      ? [pageAt(parts, comparePath(artifact), async () => comparePage(parts, await data()))]
      : []),
  ];
}

function artifactPage(data: ArtifactData): ArtifactPage {
  const { artifact, versions, intervals, history, descriptions } = data;
  const numbers = descriptions.map(({ version, metrics }) => [version, numbersIn(metrics)] as const);
  return {
    kind: 'artifact',
    artifact,
    latest: latestOf(data),
    deprecated: history[0]?.event === 'deprecation',
    versions,
    intervals,
    metrics: Object.fromEntries(numbers.filter(([, metrics]) => Object.keys(metrics).length > 0)),
  };
}

/** The page of a version. */
export async function versionPage(
  parts: SiteParts,
  row: ShownVersion,
  data: ArtifactData,
): Promise<VersionPage> {
  const description = data.descriptions.find(({ version }) => version === row.version) ?? null;
  const isCurrent = row.stages.length > 0 || row.version === latestOf(data);
  return {
    kind: 'version',
    row,
    description,
    problem: data.problems[row.version] ?? null,
    sourceUrl: description && (await sourceUrl(description, parts.frame.address)),
    intervals: data.intervals.filter(({ version }) => version === row.version),
    card: description && (await cardOf(parts, description, isCurrent)),
  };
}

/**
 * The versions that events name and `reg show` does not list: a commit that was assigned before its first registration, and a
 * version whose registration is missing. The history links to them, so they have pages too.
 */
export function pastVersions({ versions, history, intervals }: ArtifactEvents): ShownVersion[] {
  const known = new Set<string>(versions.map(({ version }) => version));
  const past = new Map<string, ShownVersion>();
  const commits = new Map(history.map(({ tag, commit }) => [tag, commit]));
  const put = (
    version: ShownVersion['version'],
    made: Made & { artifact: ArtifactName; commit: string },
  ): void => {
    const { artifact, commit, tag, time, author, email, message } = made;
    if (known.has(version)) return;
    past.set(version, {
      artifact,
      version,
      commit,
      tag,
      time,
      author,
      email,
      message,
      active: false,
      stages: [],
      approvals: [],
    });
  };
  for (const stay of intervals)
    put(stay.version, { ...stay, time: stay.from, commit: commits.get(stay.tag) ?? '' });
  for (const event of history) if (event.version !== null) put(event.version, event);
  return [...past.values()];
}

/** The page that compares two versions of an artifact. The browser compares them, as `reg diff` does. */
export async function comparePage(
  { context, frame }: SiteParts,
  { artifact, versions, descriptions }: ArtifactData,
): Promise<ComparePage> {
  const { metrics: rules } = await context.config();
  const metrics = new Set(descriptions.flatMap((one) => Object.keys(numbersIn(one.metrics))));
  const ways = [...metrics].map((metric) => [metric, wayOf(metric, artifact, rules)] as const);
  return {
    kind: 'compare',
    artifact,
    versions: versions.map(({ version, commit, stages }) => ({ version, commit, stages })),
    logs: await compareLinks(frame.address, descriptions),
    descriptions: Object.fromEntries(descriptions.map((one) => [one.version ?? '', one])),
    better: Object.fromEntries(
      ways.filter((one): one is [string, 'lower' | 'higher'] => one[1] !== undefined),
    ),
  };
}

/**
 * The web page of the source of a model; null where none is known.
 * @param home the address of the repository of the registry
 */
export async function sourceUrl(
  { source, path, commit }: Description,
  home: string | undefined,
): Promise<string | null> {
  if (source?.url !== undefined) return /^https?:\/\//i.test(source.url) ? source.url : null;
  const [address, at] =
    source?.repo === undefined ? [home, source?.commit ?? commit] : [source.repo, source.commit];
  if (at === undefined || path === null) return null;
  return (await pagesAt(address))?.file(at, path) ?? null;
}

/** The web pages of the commits between two versions: those of the registry, and those of every source. */
async function compareLinks(
  home: string | undefined,
  descriptions: readonly Description[],
): Promise<ComparePage['logs']> {
  const addresses = new Set(descriptions.flatMap(({ source }) => source?.repo ?? []));
  const links = await Promise.all(
    [...addresses].map(async (address) => [address, await compareLink(address)] as const),
  );
  const known = links.filter((one): one is [string, CompareLink] => one[1] !== null);
  return { registry: await compareLink(home), sources: Object.fromEntries(known) };
}

async function compareLink(address: string | undefined): Promise<CompareLink | null> {
  // a space is not part of an address, so it separates the parts before and between the commits
  const [before, between] = (await pagesAt(address))?.compare?.(' ', ' ').split(' ') ?? [];
  return before === undefined || between === undefined ? null : { before, between };
}
