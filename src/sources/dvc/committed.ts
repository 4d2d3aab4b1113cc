import { isScalar, visit } from 'yaml';
import { FOREIGN, readYaml, type YamlLimits } from '../../documents/yaml.js';
import type { Oid } from '../../domain/event.js';
import { RegError } from '../../errors.js';
import type { ObjectReader } from '../../git/port.js';

/** The content of a file of DVC, or a mapping in it; nothing in it was looked at yet. */
export type Content = Readonly<Record<string, unknown>>;

/** Bytes that a configuration file of DVC may have. */
export const LARGEST_CONFIG = 64 * 1024;

/** `dvc.lock` names every file of every stage, so that it grows longer than what people write. */
const LIMITS: YamlLimits = { ...FOREIGN, bytes: 1024 * 1024 };

/**
 * The bytes of a file at a commit; undefined when there is none.
 * @throws RegError TOO_LARGE, before anything is read
 */
export async function committedFile(
  objects: ObjectReader,
  commit: Oid,
  path: string,
  largest: number,
): Promise<Uint8Array | undefined> {
  const entry = await objects.entryAt(commit, path);
  if (entry?.type !== 'blob') return undefined;
  const size = (await objects.blobSizes([entry.oid])).get(entry.oid) ?? 0;
  if (size > largest)
    throw new RegError('TOO_LARGE', `${path} has ${size} bytes, and no more than ${largest} are read of it`);
  return objects.readBlob(entry.oid);
}

/**
 * The content of a YAML file of DVC at a commit; undefined when there is no such file.
 * @throws RegError SOURCE_UNSUPPORTED when it is not well formed, or no mapping; TOO_LARGE
 */
export async function committedYaml(
  objects: ObjectReader,
  commit: Oid,
  path: string,
): Promise<Content | undefined> {
  const bytes = await committedFile(objects, commit, path, LIMITS.bytes);
  if (bytes === undefined) return undefined;
  const yaml = readYaml(bytes, path, 'SOURCE_UNSUPPORTED', LIMITS);
  visit(yaml.document, {
    Pair: (_, { key, value }) => {
      // a hash may have digits alone, or look like a number with an exponent
      if (isScalar(key) && TEXTS.has(key.value) && isScalar(value)) value.value = value.source ?? '';
    },
  });
  const content = yaml.content() ?? {};
  if (isContent(content)) return content;
  throw new RegError('SOURCE_UNSUPPORTED', `${path} is no file of DVC: it holds no keys`);
}

const TEXTS: ReadonlySet<unknown> = new Set(['md5', 'hash', 'path', 'wdir', 'remote', 'url']);

const isContent = (value: unknown): value is Content =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The mapping under a key; an empty one where there is none. */
export function mappingAt(content: Content, key: string): Content {
  const value = Object.hasOwn(content, key) ? content[key] : undefined;
  return isContent(value) ? value : {};
}

/** The mappings in the list under a key. */
export function mappingsAt(content: Content, key: string): Content[] {
  const value = Object.hasOwn(content, key) ? content[key] : undefined;
  return Array.isArray(value) ? value.filter(isContent) : [];
}

/** The text under a key; undefined where there is none, or it is empty. */
export function textAt(content: Content, key: string): string | undefined {
  const value = Object.hasOwn(content, key) ? content[key] : undefined;
  return typeof value === 'string' && value !== '' ? value : undefined;
}
