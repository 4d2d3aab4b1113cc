import type { Config } from '../documents/config.js';
import { type Link, modelPath } from '../documents/link.js';
import { plainValue, readValues } from '../documents/values.js';
import { FOREIGN } from '../documents/yaml.js';
import type { Oid } from '../domain/event.js';
import { RegError } from '../errors.js';
import type { Objects } from '../git/port.js';
import type { Evidence, Metric } from '../evidence/evidence.js';
import type { RegistryContext } from './context.js';
import { evidenceOfLink } from './evidence.js';
import { sourceCommit, sourceRepository } from './source-rev.js';

/** Where the metrics of a model are, in its source at the pinned commit. */
export interface MetricsFile {
  path: string;
  /** The value of a metric, by its name or by the names of the mappings that it is in, with dots; undefined without such a metric. */
  valueOf(metric: string): number | bigint | undefined;
}

/** The metrics of a link, and of the metrics file of its source. */
export interface LinkMetrics {
  /** Undefined where no file is named, or the source has no file at that path. */
  file: MetricsFile | undefined;
  /** The value of a metric. A value in the link takes precedence, then the named file, then what other files of its commit say. */
  valueOf(metric: string): number | bigint | undefined;
  /** Why a metric that is there cannot be judged, as the end of a sentence; undefined for any other. */
  problemOf(metric: string): string | undefined;
}

/**
 * Finds the metrics of a link.
 * @param wanted the metrics that are judged; files of the source's commit are read only where neither the link nor its file has one
 * @throws RegError what reading a metrics file throws
 */
export async function metricsOf(
  context: RegistryContext,
  config: Pick<Config, 'metricsFile'>,
  link: Link,
  registryCommit: () => Promise<Oid>,
  wanted: readonly string[],
): Promise<LinkMetrics> {
  const named = link.metricsFile ?? config.metricsFile;
  const file = named === undefined ? undefined : await readMetricsFile(context, link, named, registryCommit);
  const { metrics = {} } = link;
  const declared = (metric: string): number | bigint | undefined =>
    Object.hasOwn(metrics, metric) ? metrics[metric] : file?.valueOf(metric);
  const isKnown = wanted.every((metric) => declared(metric) !== undefined);
  const found = isKnown ? [] : await metricsInFiles(context, link, named, registryCommit);
  const byName = (metric: string): Metric | undefined => {
    const same = found.filter(({ name, key }) => name === metric || key === metric);
    // a name that two files have says nothing without its file
    return same.find(({ name }) => name === metric) ?? (same.length === 1 ? same[0] : undefined);
  };
  const tracked = found.filter((one) => one.file === named);
  return {
    file:
      file ??
      (named === undefined || tracked.length === 0
        ? undefined
        : { path: named, valueOf: (metric) => numberIn(tracked.find(({ key }) => key === metric)?.value) }),
    valueOf: (metric) => declared(metric) ?? numberIn(byName(metric)?.value),
    problemOf: (metric) => {
      if (declared(metric) !== undefined) return undefined;
      const one = byName(metric);
      if (one !== undefined)
        return numberIn(one.value) === undefined
          ? `is ${one.text} in ${one.file}, which cannot be judged`
          : undefined;
      const files = [...new Set(found.filter(({ key }) => key === metric).map((other) => other.file))];
      return files.length > 1 ? `is in several files, so name one, such as ${files[0]}:${metric}` : undefined;
    },
  };
}

/** The metrics that files of the source's commit say. */
async function metricsInFiles(
  context: RegistryContext,
  link: Link,
  metricsFile: string | undefined,
  registryCommit: () => Promise<Oid>,
): Promise<Evidence['metrics']> {
  const { evidence } = await context.config();
  const options = { mayFetch: !context.offline, metricsFile, hide: evidence?.hide };
  return (await evidenceOfLink(context, link, await registryCommit(), options)).metrics;
}

/** A value that can be compared; NaN and texts cannot. */
const numberIn = (value: unknown): number | bigint | undefined => {
  if (typeof value === 'bigint') return value;
  if (value === 'Infinity' || value === '-Infinity') return Number(value);
  return typeof value === 'number' && !Number.isNaN(value) ? value : undefined;
};

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

function contentOf(bytes: Uint8Array, path: string): unknown {
  try {
    return readValues(bytes, path);
  } catch (error) {
    throw error instanceof RegError ? unreadable(path, error.message) : error;
  }
}

const unreadable = (path: string, why: string): RegError =>
  new RegError('INVALID_MODEL', `the metrics in ${path} of the source cannot be read: ${why}`);

function valueAt(content: unknown, name: string): number | bigint | undefined {
  if (typeof content !== 'object' || content === null) return undefined;
  const values = content as Readonly<Record<string, unknown>>;
  const value = Object.hasOwn(values, name) ? plainValue(values[name]) : undefined;
  if (typeof value === 'number' || typeof value === 'bigint') return value;
  for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
    const outer = name.slice(0, dot);
    const found = Object.hasOwn(values, outer) ? valueAt(values[outer], name.slice(dot + 1)) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}
