import { wayOf } from '../domain/metrics.js';
import type { ArtifactName } from '../domain/names.js';
import { pagesAt } from '../registry/browse.js';
import type { RegistryContext } from '../registry/context.js';
import { history, intervals } from '../registry/history.js';
import type { Description, HistoryRow, IntervalRow, Made, VersionRow } from '../registry/rows.js';
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
  snapshotOf,
} from './data.js';
import { type Assets, documentOf, readAssets, type SiteFrame, siteFrame } from './document.js';
import type {
  ArtifactPage,
  CompareLink,
  ComparePage,
  HistoryPage,
  OverviewEntry,
  OverviewPage,
  ShortStay,
  VersionPage,
} from './web/page.js';
import { artifactDataPath, artifactPath, comparePath, versionPath } from './web/site-path.js';

/** A file of a site, made when it is asked for. */
export type MakeFile = () => Promise<string>;

/** The files of a site, by their paths; `…/index.html` is a page, `data/….json` what other tools read. */
export type Site = ReadonlyMap<string, MakeFile>;

/** What pages are made of. */
export interface SiteParts {
  context: RegistryContext;
  frame: SiteFrame;
  assets: Assets;
  askSource: AskSource;
}

/**
 * The site of a registry as its tags are now.
 * @param live the mark of its state where the pages are to ask the server that they came from for changes, else null
 */
export async function siteOf(
  registry: RegistryContext,
  live: string | null,
  askSource: AskSource,
): Promise<Site> {
  const context = await snapshotOf(registry);
  const parts = { context, frame: await siteFrame(context, live), assets: await readAssets(), askSource };
  const entries = await overviewData(context);
  const files = new Map<string, MakeFile>(topFiles(parts, entries));
  for (const { artifact } of entries) {
    const told = await artifactEvents(context, artifact);
    const data = once(() => artifactData(context, artifact, told));
    for (const [path, make] of artifactPages(parts, artifact, told, data)) files.set(path, make);
    files.set(artifactDataPath(artifact), async () => jsonOf(published(await data())));
  }
  return files;
}

/** What other tools read: the answers themselves, without the words that only a page needs. */
const published = ({ problems: _, ...data }: ArtifactData): Omit<ArtifactData, 'problems'> => data;

function topFiles(
  { context, frame, assets }: SiteParts,
  entries: readonly OverviewEntry[],
): [string, MakeFile][] {
  const events = once(() => history(context, undefined, {}));
  const stays = once(() => intervals(context, undefined, { ascending: true }));
  const page = { frame, assets };
  return [
    ['index.html', async () => documentOf('index.html', overviewPage(entries, await stays()), page)],
    ['history.html', async () => documentOf('history.html', historyPage(await events()), page)],
    ['data/overview.json', async () => jsonOf(entries)],
    ['data/history.json', async () => jsonOf(await events())],
    ['data/stages.json', async () => jsonOf(frame.stages)],
    [assets.script.path, async () => assets.script.text],
    [assets.style.path, async () => assets.style.text],
    [assets.icon.path, async () => assets.icon.text],
    // GitHub's pages would leave out what begins with an underscore
    ['.nojekyll', async () => ''],
  ];
}

const jsonOf = (value: unknown): string => `${JSON.stringify(value, null, 1)}\n`;

/** With more stays than that, the overview has none, so that it stays small. */
const STAYS = 2000;
/** So many events are on the page of the history; all are in its data. */
const EVENTS = 2000;

/** The overview; `stays` come oldest first. */
export function overviewPage(rows: readonly OverviewEntry[], stays: readonly IntervalRow[]): OverviewPage {
  return { kind: 'overview', rows, stays: stays.length > STAYS ? null : stays.map(shortStay) };
}

const shortStay = ({ artifact, stage, version, from, until, author }: IntervalRow): ShortStay => [
  artifact,
  stage,
  version,
  from,
  until,
  author,
];

/** The journal. */
export const historyPage = (events: readonly HistoryRow[]): HistoryPage => ({
  kind: 'history',
  rows: events.slice(0, EVENTS),
  total: events.length,
});

/** The pages of one artifact: its own, one for each version, and where there are two, one that compares them. */
export function artifactPages(
  parts: SiteParts,
  artifact: ArtifactName,
  events: ArtifactEvents,
  data: () => Promise<ArtifactData>,
): [string, MakeFile][] {
  const own = artifactPath(artifact);
  const compare = comparePath(artifact);
  const pages: [string, MakeFile][] = [[own, async () => documentOf(own, artifactPage(await data()), parts)]];
  for (const row of [...events.versions, ...pastVersions(events)]) {
    const path = versionPath(artifact, row.version);
    pages.push([path, async () => documentOf(path, await versionPage(parts, row, await data()), parts)]);
  }
  if (events.versions.length > 1)
    pages.push([compare, async () => documentOf(compare, await comparePage(parts, await data()), parts)]);
  return pages;
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

/** The page of one version. */
export async function versionPage(
  parts: SiteParts,
  row: VersionRow,
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
 * The rows of what events name as a version and `reg show` does not: a commit that was assigned before it got its first version,
 * and a version whose registration is missing. The past leads to them, so they have pages too.
 */
export function pastVersions({ versions, history, intervals }: ArtifactEvents): VersionRow[] {
  const known = new Set<string>(versions.map(({ version }) => version));
  const past = new Map<string, VersionRow>();
  const commits = new Map(history.map(({ tag, commit }) => [tag, commit]));
  const put = (
    version: VersionRow['version'],
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
    });
  };
  for (const stay of intervals)
    put(stay.version, { ...stay, time: stay.from, commit: commits.get(stay.tag) ?? '' });
  for (const event of history) if (event.version !== null) put(event.version, event);
  return [...past.values()];
}

/** The page on which any two versions of an artifact are compared; the browser compares them, as `reg diff` does. */
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
 * Where the source of a model is shown; null where nobody is known to.
 * @param home the address of the registry's own repository
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

/** Where the commits between two versions are shown: those of the registry, and those of every source. */
export async function compareLinks(
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
  // neither is a part of an address that a host makes
  const [before, between] = (await pagesAt(address))?.compare?.(' ', ' ').split(' ') ?? [];
  return before === undefined || between === undefined ? null : { before, between };
}
