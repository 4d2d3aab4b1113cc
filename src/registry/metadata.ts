import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Link } from '../documents/link.js';
import { FOREIGN, readYaml } from '../documents/yaml.js';
import { RegError } from '../errors.js';

/** What happens to metrics and params of a link, which people write by hand, when its bytes change. */
export interface MetadataOptions {
  /** Keeps those of the old bytes. */
  keepMetadata?: boolean | undefined;
  /** A JSON or YAML file of numbers by name, which are the metrics from now on; a relative path starts at `from`. */
  metrics?: string | undefined;
  /** Params by name, which take the place of those with the same name. */
  params?: Readonly<Record<string, string | number | boolean>> | undefined;
}

/** Metrics and params for new bytes, and the names of those that described the old ones. */
export interface Metadata {
  values: Pick<Link, 'metrics' | 'params'>;
  dropped: string[];
}

/**
 * Chooses the metrics and params of a link. Values that were written for other bytes are dropped unless they are kept on
 * purpose (docs/specification.md, 4 Links).
 * @param isChanged whether the bytes are others than those of the link before
 * @param from the folder that a relative path of a metrics file starts at
 * @throws RegError INVALID_MODEL for a metrics file that cannot be read or holds anything but numbers, SOURCE_PATH without one
 */
export async function metadataOf(
  before: Pick<Link, 'metrics' | 'params'> | undefined,
  isChanged: boolean,
  { keepMetadata, metrics: file, params: given }: MetadataOptions,
  from: string,
): Promise<Metadata> {
  const isKept = !isChanged || keepMetadata === true;
  const measured = file === undefined ? undefined : await metricsIn(resolve(from, file), file);
  const kept = isKept ? before : undefined;
  const metrics = measured ?? kept?.metrics;
  const params = given && Object.keys(given).length > 0 ? { ...kept?.params, ...given } : kept?.params;
  const old = [...Object.keys(before?.metrics ?? {}), ...Object.keys(before?.params ?? {})];
  const now = new Set([...Object.keys(metrics ?? {}), ...Object.keys(params ?? {})]);
  return { values: { metrics, params }, dropped: isKept ? [] : old.filter((name) => !now.has(name)) };
}

/** The numbers of a file; mappings in mappings become names with dots, and other values are left out. */
async function metricsIn(path: string, shown: string): Promise<Record<string, number>> {
  const bytes = await readFile(path).catch(() => undefined);
  if (bytes === undefined)
    throw new RegError('SOURCE_PATH', `there is no file ${shown}`, 'name a JSON or YAML file of metrics');
  const content = readYaml(bytes, shown, 'INVALID_MODEL', FOREIGN).content();
  const found = Object.fromEntries(numbersIn(content, ''));
  if (Object.keys(found).length > 0) return found;
  throw new RegError('INVALID_MODEL', `${shown} holds no number`, 'a metrics file holds numbers by name');
}

function numbersIn(content: unknown, before: string): [string, number][] {
  if (typeof content !== 'object' || content === null || Array.isArray(content)) return [];
  return Object.entries(content).flatMap(([key, value]): [string, number][] => {
    const name = `${before}${key}`;
    if (typeof value === 'number' && Number.isFinite(value)) return [[name, value]];
    return numbersIn(value, `${name}.`);
  });
}
