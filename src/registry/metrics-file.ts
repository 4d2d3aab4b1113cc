import type { Config } from '../documents/config.js';
import { type Link, modelPath } from '../documents/link.js';
import { FOREIGN, readYaml } from '../documents/yaml.js';
import type { Oid } from '../domain/event.js';
import { RegError } from '../errors.js';
import type { Objects } from '../git/port.js';
import type { RegistryContext } from './context.js';
import { sourceCommit, sourceRepository } from './source-rev.js';

/** Where the metrics of a model are, in its source at the pinned commit. */
export interface MetricsFile {
  path: string;
  /** The value of a metric, by its name or by the names of the mappings that it is in, with dots; undefined without such a metric. */
  valueOf(metric: string): number | undefined;
}

/** The metrics of a link, and of the metrics file of its source. */
export interface LinkMetrics {
  /** Undefined where no file is named, or the source has no file at that path. */
  file: MetricsFile | undefined;
  /** The value of a metric. A value in the link takes precedence. */
  valueOf(metric: string): number | undefined;
}

/**
 * Finds the metrics of a link.
 * @throws RegError what reading a metrics file throws
 */
export async function metricsOf(
  context: RegistryContext,
  config: Pick<Config, 'metricsFile'>,
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

/**
 * Reads the file of a link's source that says its metrics.
 * @returns undefined where the link leads to no repository, or there is no such file
 * @throws RegError INVALID_MODEL for a file that cannot be read, SOURCE_PATH, UNKNOWN_REV, REMOTE_FAILED
 */
export async function readMetricsFile(
  context: RegistryContext,
  { source }: Link,
  named: string,
  registryCommit: () => Promise<Oid>,
): Promise<MetricsFile | undefined> {
  if (source.url !== undefined) return undefined;
  const path = modelPath(named);
  const commit = await sourceCommit(context, source, registryCommit);
  const { objects } = await sourceRepository(context, source);
  const bytes = await readBounded(objects, commit, path);
  if (bytes === undefined) return undefined;
  const content = contentOf(bytes, path);
  return { path, valueOf: (metric) => valueAt(content, metric) };
}

async function readBounded(objects: Objects, commit: Oid, path: string): Promise<Uint8Array | undefined> {
  const entry = await objects.entry(commit, path);
  if (entry?.type !== 'blob') return undefined;
  const size = (await objects.sizes([entry.oid])).get(entry.oid) ?? 0;
  if (size > FOREIGN.bytes)
    throw unreadable(path, `it has ${size} bytes, and at most ${FOREIGN.bytes} are read`);
  return objects.blob(entry.oid);
}

/** JSON is YAML, as far as metrics go. */
function contentOf(bytes: Uint8Array, path: string): unknown {
  try {
    return readYaml(bytes, path, 'INVALID_MODEL', FOREIGN).content();
  } catch (error) {
    throw error instanceof RegError ? unreadable(path, error.message) : error;
  }
}

const unreadable = (path: string, why: string): RegError =>
  new RegError('INVALID_MODEL', `the metrics in ${path} of the source cannot be read: ${why}`);

function valueAt(content: unknown, name: string): number | undefined {
  if (typeof content !== 'object' || content === null) return undefined;
  const values = content as Readonly<Record<string, unknown>>;
  const value = Object.hasOwn(values, name) ? values[name] : undefined;
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
    const outer = name.slice(0, dot);
    const found = Object.hasOwn(values, outer) ? valueAt(values[outer], name.slice(dot + 1)) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}
