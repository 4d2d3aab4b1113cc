import { wayOf } from '../domain/metrics.js';
import type { ComparePage } from '../web/page.js';
import type { ArtifactData } from './artifact-data.js';
import { numbersIn } from './numbers-in.js';
import type { SiteParts } from './site.js';
import { compareLinks } from './source-url.js';

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
