import { Document, isCollection, isMap } from 'yaml';
import { readLink } from './read.js';
import type { Link } from './schema.js';

const SCHEMA_URL = 'https://unpkg.com/git-reg@0/schema/model-link.schema.json';

/**
 * Writes a link file's text. Over an existing file, comments, the order of keys and what is not in `link` stay.
 * @throws RegError INVALID_LINK when the existing file is none
 */
export function formatLink(link: Link, existing?: { bytes: Uint8Array; file: string }): string {
  if (existing === undefined) return newLink(link);
  const { document } = readLink(existing.bytes, existing.file).yaml;
  // a link without a pin says nothing about bytes any more
  for (const key of ['sha256', 'size'] as const) if (link[key] === undefined) document.delete(key);
  for (const [key, value] of Object.entries(link)) {
    const before = document.get(key);
    if (isMap(before) && key === 'source') updateMap(document, key, value as Record<string, unknown>);
    else if (value !== undefined)
      document.set(
        key,
        isCollection(before) || typeof value === 'object' ? document.createNode(value) : value,
      );
  }
  return document.toString({ lineWidth: 0 });
}

function newLink(link: Link): string {
  const document = new Document(link);
  document.commentBefore = ` yaml-language-server: $schema=${SCHEMA_URL}`;
  return document.toString({ lineWidth: 0 });
}

/** Sets what is new, keeps what is the same, removes what is gone: the pin of a link is written as a whole. */
function updateMap(document: Document, key: string, value: Record<string, unknown>): void {
  const map = document.get(key);
  if (!isMap(map)) return;
  const gone = map.items.map((item) => String(item.key)).filter((name) => value[name] === undefined);
  for (const name of gone) map.delete(name);
  for (const [name, one] of Object.entries(value)) if (one !== undefined) document.setIn([key, name], one);
}
