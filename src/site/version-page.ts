import type { ArtifactName } from '../domain/names.js';
import type { Made, VersionRow } from '../registry/rows.js';
import type { VersionPage } from '../web/page.js';
import { type ArtifactData, type ArtifactEvents, latestOf } from './artifact-data.js';
import { cardOf } from './model-card.js';
import type { SiteParts } from './site.js';
import { sourceUrl } from './source-url.js';

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
