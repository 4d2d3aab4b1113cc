import type { RegistryContext } from '../registry/context.js';
import { history, intervals } from '../registry/history.js';
import { once } from '../util/async.js';
import type { OverviewEntry } from '../web/page.js';
import { artifactDataPath } from '../web/site-path.js';
import { type ArtifactData, artifactData, artifactEvents } from './artifact-data.js';
import { artifactPages } from './artifact-pages.js';
import type { AskSource } from './ask-source.js';
import { type Assets, readAssets } from './assets.js';
import { documentOf } from './document.js';
import { type SiteFrame, siteFrame } from './frame.js';
import { overviewData } from './overview-data.js';
import { snapshotOf } from './snapshot.js';
import { historyPage, overviewPage } from './top-pages.js';

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
