import { createHash } from 'node:crypto';
import type { ArtifactState, ResolvedEvent } from '../domain/artifact.js';
import { wayOf } from '../domain/metrics.js';
import type { ArtifactName } from '../domain/names.js';
import { mergeOrdered } from '../domain/order.js';
import { parseTagName } from '../domain/tag-name.js';
import { formatTime } from '../domain/time.js';
import { pagesAt } from '../registry/browse.js';
import type { RegistryContext } from '../registry/context.js';
import { historyRow } from '../registry/make-rows.js';
import { reportMissing } from '../registry/queries.js';
import type { ApprovedRow, Description, Made, ShownVersion } from '../registry/rows.js';
import { approvalsKnown } from '../registry/show.js';
import { siteAddress } from '../registry/site-address.js';
import { memoize, once } from '../util/async.js';
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
  NOW_PATH,
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
  groups(): Promise<readonly SiteGroup[]>;
}

/** Files that change together: those of an artifact, of a month, or of the whole registry. */
export interface SiteGroup {
  /** What the group is called; `groupOfPath` gives it for each of its files. */
  name: string;
  /** A text that changes with every change of the files; undefined where they are always made. */
  key: string | undefined;
  files(): Promise<GroupFiles>;
}

interface GroupFiles {
  files: SiteFiles;
  /** False where something was out of reach that another run may have. */
  isComplete: boolean;
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
  const all = [...states.values()];
  const top = once(async () => new Map([...topFiles(parts, entries, all), ...monthFiles(parts, all)]));
  const artifacts = entries.filter(({ problem }) => problem === null).map(({ artifact }) => artifact);
  const byFolder = new Map(artifacts.map((artifact) => [artifactFolder(artifact), artifact]));
  const filesOf = async (artifact: ArtifactName, isWhole = false): Promise<GroupFiles> => {
    const state = states.get(artifact);
    const events = artifactEvents(state, approvals);
    const data = once(() => artifactData(context, artifact, state, events));
    const cards = memoize(async (version: string) => {
      const read = await data();
      const description = read.descriptions.find((one) => one.version === version) ?? null;
      const isCurrent =
        version === latestOf(read) ||
        read.versions.some((one) => one.version === version && one.stages.length > 0);
      return description && cardOf(parts, description, isCurrent);
    });
    // questions at the same time are one run of git
    if (isWhole) await Promise.all(events.versions.map(({ version }) => cards(version)));
    const files: SiteFiles = new Map([
      ...artifactPages(parts, { artifact, state, events, data, cards }),
      [artifactDataPath(artifact), async () => jsonOf(published(await data()))],
    ]);
    return { files, isComplete: isWhole && (await isComplete(await data(), cards)) };
  };
  return {
    find: async (path) => {
      const artifact = byFolder.get(groupOfPath(path));
      return (await top()).get(path) ?? (artifact && (await filesOf(artifact)).files.get(path));
    },
    groups: async () => [
      ...topGroups(parts, entries, all, await keyOfRegistry(context)),
      ...(await keysOfArtifacts(parts, artifacts, states, approvals)).map(([artifact, key]) => ({
        name: artifactFolder(artifact),
        key,
        files: () => filesOf(artifact, true),
      })),
    ],
  };
}

/** Whether all was read that the files of an artifact are made from. */
async function isComplete(
  { descriptions, unread }: ArtifactData,
  cards: (version: string) => Promise<VersionPage['card']>,
): Promise<boolean> {
  if (unread.length > 0) return false;
  for (const { source, version } of descriptions)
    if (source?.repo !== undefined && (await cards(version ?? '')) === null) return false;
  return true;
}

/** The files of the whole registry, and a group for each file of a month. Nothing of them is kept when they are made. */
function topGroups(
  parts: SiteParts,
  entries: readonly OverviewEntry[],
  states: readonly ArtifactState[],
  registry: string,
): SiteGroup[] {
  const keys = keysOfMonths(states, registry);
  const months = [...monthFiles(parts, states)].map(([path, make]) => ({
    name: path,
    key: keys.get(monthOfPath(path)),
    files: async () => ({ files: new Map([[path, make]]), isComplete: true }),
  }));
  const top = async (): Promise<GroupFiles> => ({
    files: topFiles(parts, entries, states),
    isComplete: false,
  });
  return [{ name: '', key: undefined, files: top }, ...months];
}

const monthOfPath = (path: string): string => path.replace(/^.*\/|\.js$/g, '');

/** The files that the pages of a site are made by, and what its configuration and HEAD say. */
async function keyOfRegistry(context: RegistryContext): Promise<string> {
  const [config, head] = await Promise.all([
    context.configBytes(),
    context.repository.objects.commit('HEAD'),
  ]);
  return digestOf([config === undefined ? '' : Buffer.from(config).toString(), head ?? '']);
}

/** By month, a text that changes with every event up to its end. An event may be the first of a month that has no other. */
function keysOfMonths(states: readonly ArtifactState[], registry: string): Map<string, string> {
  const hash = createHash('sha256').update(registry);
  const keys = new Map<string, string>();
  let month: string | undefined;
  for (const { tag, tagOid, time } of mergeOrdered(states.map(({ events }) => events))) {
    const next = monthOf(formatTime(time));
    for (let at = month; at !== undefined && at < next; at = monthAfter(at))
      keys.set(at, hash.copy().digest('hex'));
    month = next;
    hash.update(`${tagOid} ${tag} ${time}\n`);
  }
  if (month !== undefined) keys.set(month, hash.digest('hex'));
  return keys;
}

/** Texts that change with everything that the files of an artifact are made from: its tags, those of the names that it had before, and what all pages share. */
async function keysOfArtifacts(
  { context, frame: { read: _, ...frame }, assets }: SiteParts,
  artifacts: readonly ArtifactName[],
  states: ReadonlyMap<ArtifactName, ArtifactState>,
  approvals: readonly ApprovedRow[],
): Promise<[ArtifactName, string | undefined][]> {
  const config = await context.configBytes();
  const { refs } = await context.repository.tags.list('all');
  const tags = new Map<ArtifactName, string[]>();
  for (const { name, oid } of refs) {
    const artifact = parseTagName(name)?.artifact;
    if (artifact === undefined) continue;
    const own = tags.get(artifact);
    if (own) own.push(`${oid} ${name}`);
    else tags.set(artifact, [`${oid} ${name}`]);
  }
  const { address, ...shown } = frame;
  const shared = JSON.stringify([
    FORMAT,
    shown,
    address,
    assets.script.path,
    assets.style.path,
    config === undefined ? '' : Buffer.from(config).toString(),
  ]);
  const byArtifact = new Map<string, ApprovedRow[]>();
  for (const row of approvals) byArtifact.set(row.artifact, [...(byArtifact.get(row.artifact) ?? []), row]);
  // one that was renamed is made from tags of other names too
  const isRenamed = (artifact: ArtifactName): boolean =>
    states.get(artifact)?.events.some(({ renamedFrom }) => renamedFrom !== undefined) ?? false;
  return artifacts.map((artifact) => [
    artifact,
    isRenamed(artifact)
      ? undefined
      : digestOf([
          shared,
          ...(tags.get(artifact) ?? []).sort(),
          JSON.stringify(byArtifact.get(artifact) ?? []),
        ]),
  ]);
}

/** Counts the changes of pages that their script and style do not show. */
const FORMAT = 1;

const digestOf = (texts: readonly string[]): string =>
  createHash('sha256').update(texts.join('\n')).digest('hex');

/** The folder of the pages of an artifact. */
const artifactFolder = (artifact: string): string => artifactPath(artifact).replace(/index\.html$/, '');

/** The group that a file belongs to. */
export function groupOfPath(path: string): string {
  if (/^data\/(days|history)\//.test(path)) return path;
  if (!/^(data\/)?artifacts\//.test(path)) return '';
  return path
    .replace(/^data\/(artifacts\/.*)\.json$/, '$1/')
    .replace(/(\/)(versions\/.*|[^/]*\.html)$/, '$1');
}

/** The data for other tools: answers of commands, without the messages that only pages show. */
const published = ({
  problems: _,
  unread: __,
  ...data
}: ArtifactData): Omit<ArtifactData, 'problems' | 'unread'> => data;

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
  const { frame, assets } = parts;
  const journal = mergeOrdered(states.map(({ events }) => events)).reverse();
  return new Map<string, MakeFile>([
    pageAt(parts, 'index.html', async () => ({
      kind: 'overview',
      rows: packRows(entries, frame.stages),
      first: firstDay(states),
    })),
    pageAt(parts, 'history.html', async () => historyPage(journal, eventsByMonth(journal))),
    ['data/overview.json', async () => jsonOf(entries)],
    ['data/history.json', async () => jsonOf(journal.map(historyRow))],
    ['data/stages.json', async () => jsonOf(frame.stages)],
    [NOW_PATH, async () => dataScript(NOW_PATH, frame.read)],
    [assets.script.path, async () => assets.script.text],
    [assets.style.path, async () => assets.style.text],
    [assets.icon.path, async () => assets.icon.text],
    // without it, GitHub Pages leaves out files that begin with an underscore
    ['.nojekyll', async () => ''],
  ]);
}

/** The files of each month: what happened, and what turned in the overview. */
function monthFiles({ context, frame }: SiteParts, states: readonly ArtifactState[]): SiteFiles {
  const byMonth = eventsByMonth(mergeOrdered(states.map(({ events }) => events)).reverse());
  const past = once(() => pastOf(context, states));
  const first = firstDay(states);
  const months = first === null ? [] : monthsBetween(first, dayOf(frame.read));
  return new Map([
    ...months.map((month): [string, MakeFile] => [
      daysPath(month),
      async () => dataScript(daysPath(month), monthOfDays(await past(), month)),
    ]),
    ...[...byMonth].map(([month, own]): [string, MakeFile] => [
      historyPath(month),
      async () => dataScript(historyPath(month), packHistory(own.map(historyRow))),
    ]),
  ]);
}

/** Events by month, in their order. */
function eventsByMonth(events: readonly ResolvedEvent[]): Map<string, ResolvedEvent[]> {
  const byMonth = new Map<string, ResolvedEvent[]>();
  for (const event of events) {
    const month = monthOf(formatTime(event.time));
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
  events: readonly ResolvedEvent[],
  byMonth: ReadonlyMap<string, readonly ResolvedEvent[]>,
): HistoryPage => ({
  kind: 'history',
  rows: events.slice(0, ROWS).map(historyRow),
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
  /** The model card of a version. */
  cards: (version: string) => Promise<VersionPage['card']>;
}

/** The pages of an artifact: its own, one for each version, and one to compare versions where there are two. */
function artifactPages(parts: SiteParts, own: ArtifactParts): [string, MakeFile][] {
  const { artifact, events, data, cards } = own;
  const rows = [...events.versions, ...pastVersions(events)];
  return [
    pageAt(parts, artifactPath(artifact), () => artifactPage(parts, own)),
    ...rows.map((row) =>
      pageAt(parts, versionPath(artifact, row.version), async () =>
        versionPage(parts, row, await data(), await cards(row.version)),
      ),
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
  card: VersionPage['card'],
): Promise<VersionPage> {
  const description = data.descriptions.find(({ version }) => version === row.version) ?? null;
  return {
    kind: 'version',
    row,
    description,
    problem: data.problems[row.version] ?? null,
    sourceUrl: description && (await sourceUrl(parts, description)),
    intervals: data.intervals.filter(({ version }) => version === row.version),
    takenBack:
      (!row.active &&
        data.history.find((event) => event.event === 'deregistration' && event.version === row.version)) ||
      null,
    card,
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
    versions: versions.map(({ version, commit, active, stages }) => ({ version, commit, active, stages })),
    logs: await compareLinks({ context, frame }, descriptions),
    descriptions: Object.fromEntries(descriptions.map((one) => [one.version ?? '', one])),
    problems,
    better: Object.fromEntries(
      ways.filter((one): one is [string, 'lower' | 'higher'] => one[1] !== undefined),
    ),
  };
}

/** The web page of the source of a model; null where none is known. */
async function sourceUrl(
  { context, frame }: Pick<SiteParts, 'context' | 'frame'>,
  { source, path, commit }: Description,
): Promise<string | null> {
  if (source?.url !== undefined) return /^https?:\/\//i.test(source.url) ? source.url : null;
  const [address, at] =
    source?.repo === undefined
      ? [frame.address, source?.commit ?? commit]
      : [await siteAddress(context, source.repo), source.commit];
  if (at === undefined || path === null) return null;
  return (await pagesAt(address))?.file(at, path) ?? null;
}

/** The web pages of the commits between two versions: those of the registry, and those of every source. */
async function compareLinks(
  { context, frame }: Pick<SiteParts, 'context' | 'frame'>,
  descriptions: readonly Description[],
): Promise<ComparePage['logs']> {
  const addresses = new Set(descriptions.flatMap(({ source }) => source?.repo ?? []));
  const links = await Promise.all(
    [...addresses].map(
      async (address) => [address, await compareLink(await siteAddress(context, address))] as const,
    ),
  );
  const known = links.filter((one): one is [string, CompareLink] => one[1] !== null);
  return { registry: await compareLink(frame.address), sources: Object.fromEntries(known) };
}

async function compareLink(address: string | undefined): Promise<CompareLink | null> {
  // a space is not part of an address, so it separates the parts before and between the commits
  const [before, between] = (await pagesAt(address))?.compare?.(' ', ' ').split(' ') ?? [];
  return before === undefined || between === undefined ? null : { before, between };
}
