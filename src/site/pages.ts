import type { ArtifactState } from '../domain/artifact.js';
import { wayOf } from '../domain/metrics.js';
import type { ArtifactName } from '../domain/names.js';
import { formatTime } from '../domain/time.js';
import { pagesAt } from '../registry/browse.js';
import type { RegistryContext } from '../registry/context.js';
import { history } from '../registry/history.js';
import { reportMissing } from '../registry/queries.js';
import type { Description, HistoryRow, Made, ShownVersion } from '../registry/rows.js';
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
  overviewEntries,
  readRegistered,
  type SiteFrame,
  siteFrame,
} from './data.js';
import { type Assets, dataScript, documentOf, readAssets } from './document.js';
import { type ArtifactPast, pastBetween, pastOf, versionTurns } from './past.js';
import { snapshotOf } from './snapshot.js';
import { ROWS } from './web/drawn.js';
import { packHistory } from './web/history-rows.js';
import { dayOf, monthAfter, monthOf, monthsBetween, startOf } from './web/moments.js';
import { packRows } from './web/overview-rows.js';
import type {
  ArtifactPage,
  CompareLink,
  ComparePage,
  HistoryPage,
  OverviewEntry,
  PageContent,
  VersionPage,
} from './web/page.js';
import type { PastArtifacts } from './web/past.js';
import {
  artifactDataPath,
  artifactPath,
  comparePath,
  daysPath,
  historyPath,
  versionPath,
} from './web/site-path.js';

/** Makes the text of a file of a site. */
type MakeFile = () => Promise<string>;

/** Files of a site by their paths. Each is made on demand. `….html` are pages, `data/….js` are for pages, `data/….json` for other tools. */
export type SiteFiles = ReadonlyMap<string, MakeFile>;

/** The files of a site. */
export interface Site {
  /** What makes the file at a path; undefined where the site has no such file. */
  find(path: string): Promise<MakeFile | undefined>;
  /** All files, in groups. What the files of one group have in common is read when the group is made. */
  groups(): AsyncIterable<SiteFiles>;
}

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
  const registered = await readRegistered(context);
  const { states, unsure } = registered;
  const parts = {
    context,
    frame: await siteFrame(context, registered, live),
    assets: await readAssets(),
    askSource,
  };
  // the snapshot holds events alone
  const approvals = await approvalsKnown(registry, async () => [...states.values()]);
  reportMissing(context, undefined, unsure);
  for (const name of unsure.keys()) onMissing(name);
  const entries = overviewEntries(registered);
  const top = topFiles(parts, entries, [...states.values()]);
  const artifacts = entries.filter(({ problem }) => problem === null).map(({ artifact }) => artifact);
  const byFolder = new Map(artifacts.map((artifact) => [artifactFolder(artifact), artifact]));
  const filesOf = async (artifact: ArtifactName): Promise<SiteFiles> => {
    const state = states.get(artifact);
    const events = await artifactEvents(context, artifact, approvals);
    const data = once(() => artifactData(context, artifact, state, events));
    return new Map([
      ...artifactPages(parts, { artifact, state, events, data }),
      [artifactDataPath(artifact), async () => jsonOf(published(await data()))],
    ]);
  };
  return {
    find: async (path) => {
      const artifact = byFolder.get(folderOfPath(path));
      return top.get(path) ?? (artifact && (await filesOf(artifact)).get(path));
    },
    groups: async function* () {
      yield top;
      for (const artifact of artifacts) yield filesOf(artifact);
    },
  };
}

/** The folder of the pages of an artifact. */
const artifactFolder = (artifact: string): string => artifactPath(artifact).replace(/index\.html$/, '');

/** The folder of the artifact that a file is about. */
const folderOfPath = (path: string): string =>
  path.replace(/^data\/(artifacts\/.*)\.json$/, '$1/').replace(/(\/)(versions\/.*|[^/]*\.html)$/, '$1');

/** The data for other tools: answers of commands, without the messages that only pages show. */
const published = ({ problems: _, ...data }: ArtifactData): Omit<ArtifactData, 'problems'> => data;

/** A page as a file: its path, and the function that makes its document. */
const pageAt = (parts: SiteParts, path: string, make: () => Promise<PageContent>): [string, MakeFile] => [
  path,
  async () => documentOf(path, await make(), parts),
];

function topFiles(
  parts: SiteParts,
  entries: readonly OverviewEntry[],
  states: readonly ArtifactState[],
): SiteFiles {
  const { context, frame, assets } = parts;
  const events = once(() => history(context, undefined, {}));
  const past = once(() => pastOf(context, states));
  const first = firstDay(states);
  const byMonth = once(async () => eventsByMonth(await events()));
  // an event may be dated ahead, and its month is known only with all events
  const eventMonths = monthsOfEvents(states);
  const months = first === null ? [] : monthsBetween(first, dayOf(frame.read));
  return new Map<string, MakeFile>([
    pageAt(parts, 'index.html', async () => ({
      kind: 'overview',
      rows: packRows(entries, frame.stages),
      first,
    })),
    pageAt(parts, 'history.html', async () => historyPage(await events(), await byMonth())),
    ['data/overview.json', async () => jsonOf(entries)],
    ['data/history.json', async () => jsonOf(await events())],
    ['data/stages.json', async () => jsonOf(frame.stages)],
    ...months.map((month): [string, MakeFile] => [
      daysPath(month),
      async () => dataScript(daysPath(month), monthOfDays(await past(), month)),
    ]),
    ...[...eventMonths].map((month): [string, MakeFile] => [
      historyPath(month),
      async () => dataScript(historyPath(month), packHistory((await byMonth()).get(month) ?? [])),
    ]),
    [assets.script.path, async () => assets.script.text],
    [assets.style.path, async () => assets.style.text],
    [assets.icon.path, async () => assets.icon.text],
    // without it, GitHub Pages leaves out files that begin with an underscore
    ['.nojekyll', async () => ''],
  ]);
}

/** The months in which something happened. */
const monthsOfEvents = (states: readonly ArtifactState[]): Set<string> => {
  const days = new Set<number>();
  for (const { events } of states) for (const { time } of events) days.add(Math.floor(time / 86_400));
  return new Set([...days].map((one) => monthOf(formatTime(one * 86_400))));
};

/** Events by month, in their order. */
function eventsByMonth(events: readonly HistoryRow[]): Map<string, HistoryRow[]> {
  const byMonth = new Map<string, HistoryRow[]>();
  for (const event of events) {
    const month = monthOf(event.time);
    const own = byMonth.get(month);
    if (own) own.push(event);
    else byMonth.set(month, [event]);
  }
  return byMonth;
}

/** The day of the first event of all; null without an event. */
function firstDay(states: readonly ArtifactState[]): string | null {
  const times = states.flatMap(({ events }) => events[0]?.time ?? []);
  // a registry may have more artifacts than a call takes arguments
  const first = times.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  return times.length === 0 ? null : dayOf(formatTime(first));
}

/** What turned in a month, and what was so when it began. */
function monthOfDays(past: readonly ArtifactPast[], month: string): PastArtifacts {
  const start = startOf(`${month}-01`) / 1000;
  return pastBetween(past, start, startOf(`${monthAfter(month)}-01`) / 1000);
}

const jsonOf = (value: unknown): string => `${JSON.stringify(value, null, 1)}\n`;

/** The page of the history. */
const historyPage = (
  events: readonly HistoryRow[],
  byMonth: ReadonlyMap<string, readonly HistoryRow[]>,
): HistoryPage => ({
  kind: 'history',
  rows: events.slice(0, ROWS),
  months: [...byMonth]
    .map(([month, own]) => [month, own.length] as const)
    .sort(([a], [b]) => (a < b ? 1 : -1)),
  artifacts: [...new Set(events.map(({ artifact }) => artifact))].sort(),
});

/** An artifact, and what its pages are made from; `data` reads the files of its versions. */
interface ArtifactParts {
  artifact: ArtifactName;
  state: ArtifactState | undefined;
  events: ArtifactEvents;
  data: () => Promise<ArtifactData>;
}

/** The pages of an artifact: its own, one for each version, and one to compare versions where there are two. */
function artifactPages(parts: SiteParts, own: ArtifactParts): [string, MakeFile][] {
  const { artifact, events, data } = own;
  const rows = [...events.versions, ...pastVersions(events)];
  return [
    pageAt(parts, artifactPath(artifact), () => artifactPage(parts, own)),
    ...rows.map((row) =>
      pageAt(parts, versionPath(artifact, row.version), async () => versionPage(parts, row, await data())),
    ),
    ...(events.versions.length > 1
      ? [pageAt(parts, comparePath(artifact), async () => comparePage(parts, await data()))]
      : []),
  ];
}

async function artifactPage({ context }: SiteParts, { state, data }: ArtifactParts): Promise<ArtifactPage> {
  const read = await data();
  const { artifact, versions, intervals, history: events, descriptions } = read;
  const numbers = descriptions.map(({ version, metrics }) => [version, numbersIn(metrics)] as const);
  const past = state === undefined ? [] : await pastOf(context, [state]);
  return {
    kind: 'artifact',
    artifact,
    latest: latestOf(read),
    deprecated: state?.deprecated ?? false,
    versions,
    intervals,
    history: events,
    past: pastBetween(past, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY),
    versionTurns: state === undefined ? [] : versionTurns(state),
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
  { artifact, versions, descriptions, problems }: ArtifactData,
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
    problems,
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
