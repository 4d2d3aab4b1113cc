import { wayOf } from '../domain/metrics.js';
import type { ArtifactName } from '../domain/names.js';
import type { Description } from '../registry/describe.js';
import type { VersionRow } from '../registry/rows.js';
import { versions } from '../registry/show.js';
import type { ArtifactPage, ComparePage, VersionPage } from '../web/page.js';
import { artifactPath, comparePath, versionPath } from '../web/site-path.js';
import type { ArtifactData } from './artifact-data.js';
import { documentOf } from './document.js';
import { cardOf } from './model-card.js';
import type { MakeFile, SiteParts } from './site.js';
import { sourceUrl } from './source-url.js';

/** The pages of one artifact: its own, one for each version, and where there are two, one that compares them. */
export async function artifactPages(
  parts: SiteParts,
  artifact: ArtifactName,
  data: () => Promise<ArtifactData>,
): Promise<[string, MakeFile][]> {
  const { context } = parts;
  const path = artifactPath(artifact);
  const isRegistered = (await context.repository.listTags(artifact)).length > 0;
  const rows = isRegistered ? await versions(context, artifact, {}) : [];
  const pages: [string, MakeFile][] = [
    [path, async () => documentOf(path, artifactPage(await data()), parts)],
    ...rows.map((row): [string, MakeFile] => {
      const own = versionPath(artifact, row.version);
      return [own, async () => documentOf(own, await versionPage(parts, row, await data()), parts)];
    }),
  ];
  if (rows.length < 2) return pages;
  const own = comparePath(artifact);
  const rules = (await context.config()).metrics;
  const compare = async (): Promise<string> =>
    documentOf(
      own,
      comparePage(await data(), (metric) => wayOf(metric, artifact, rules)),
      parts,
    );
  return [...pages, [own, compare]];
}

function artifactPage({ artifact, versions, intervals, history, descriptions }: ArtifactData): ArtifactPage {
  const numbers = descriptions.map(({ version, metrics }) => [version, numbersIn(metrics)] as const);
  return {
    kind: 'artifact',
    artifact,
    latest: versions.find(({ active, version }) => active && version.startsWith('v'))?.version ?? null,
    deprecated: history[0]?.event === 'deprecation',
    versions,
    intervals,
    metrics: Object.fromEntries(numbers.filter(([, metrics]) => Object.keys(metrics).length > 0)),
  };
}

function numbersIn(metrics: unknown): Record<string, number> {
  const entries = Object.entries((metrics ?? {}) as Record<string, unknown>);
  return Object.fromEntries(
    entries.filter((one): one is [string, number] => typeof one[1] === 'number' && Number.isFinite(one[1])),
  );
}

async function versionPage(parts: SiteParts, row: VersionRow, data: ArtifactData): Promise<VersionPage> {
  const description = descriptionOf(data, row.version) ?? null;
  return {
    kind: 'version',
    row,
    description,
    problem: data.problems[row.version] ?? null,
    sourceUrl: description && sourceUrl(description, parts.frame.address),
    intervals: data.intervals.filter(({ version }) => version === row.version),
    card: description && (await cardOf(parts, description)),
  };
}

const descriptionOf = ({ descriptions }: ArtifactData, version: string): Description | undefined =>
  descriptions.find((one) => one.version === version);

function comparePage(
  { artifact, versions, descriptions }: ArtifactData,
  way: (metric: string) => 'lower' | 'higher' | undefined,
): ComparePage {
  const metrics = new Set(descriptions.flatMap((one) => Object.keys(numbersIn(one.metrics))));
  const ways = [...metrics].flatMap((metric) => {
    const better = way(metric);
    return better === undefined ? [] : [[metric, better] as const];
  });
  return {
    kind: 'compare',
    artifact,
    versions: versions.map(({ version, time, author, stages }) => ({ version, time, author, stages })),
    descriptions: Object.fromEntries(descriptions.map((one) => [one.version ?? '', one])),
    better: Object.fromEntries(ways),
  };
}
