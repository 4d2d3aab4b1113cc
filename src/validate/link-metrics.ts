import type { Link } from '../documents/link.js';
import type { Oid } from '../domain/event.js';
import { type MetricsFile, readMetricsFile } from '../registry/metrics-file.js';
import type { RegistryView } from './registry-view.js';

/** The metrics of a link: what it says itself, and what the file of its source says. */
export interface LinkMetrics {
  /** Undefined where no file is named, or there is none at that path. */
  file: MetricsFile | undefined;
  /** The value of a metric; what the link says counts. */
  valueOf(metric: string): number | undefined;
}

/**
 * Finds the metrics of a link.
 * @throws RegError what reading a metrics file throws
 */
export async function metricsOf(
  { context, config }: Pick<RegistryView, 'context' | 'config'>,
  link: Link,
  registryCommit: () => Promise<Oid>,
): Promise<LinkMetrics> {
  const named = link.metricsFile ?? config.metricsFile;
  const file = named === undefined ? undefined : await readMetricsFile(context, link, named, registryCommit);
  const { metrics = {} } = link;
  return {
    file,
    valueOf: (metric) => (Object.hasOwn(metrics, metric) ? metrics[metric] : file?.valueOf(metric)),
  };
}
