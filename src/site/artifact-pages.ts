import type { ArtifactName } from '../domain/names.js';
import type { ArtifactPage } from '../web/page.js';
import { artifactPath, comparePath, versionPath } from '../web/site-path.js';
import { type ArtifactData, type ArtifactEvents, latestOf } from './artifact-data.js';
import { comparePage } from './compare-page.js';
import { documentOf } from './document.js';
import { numbersIn } from './numbers-in.js';
import type { MakeFile, SiteParts } from './site.js';
import { pastVersions, versionPage } from './version-page.js';

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
