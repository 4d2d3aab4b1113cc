import { Document, isMap, isScalar } from 'yaml';
import { readLink } from './read.js';
import type { Link } from './schema.js';
import { hasSchemaComment, SCHEMA_COMMENT } from './schema-comment.js';

/**
 * Writes a link file's text. Over an existing file, comments, the order of keys and what is not in `link` stay. The first line
 * points editors at the schema.
 * @throws RegError INVALID_LINK when the existing file is none
 */
export function formatLink(link: Link, existing?: { bytes: Uint8Array; file: string }): string {
  if (existing === undefined) return newLink(link);
  const { document } = readLink(existing.bytes, existing.file).yaml;
  // a link without a pin says nothing about bytes any more
  const gone = ['sha256', 'size', ...Object.keys(link)].filter(
    (key) => link[key as keyof Link] === undefined,
  );
  for (const key of gone) document.delete(key);
  for (const [key, value] of Object.entries(link)) update(document, [key], value);
  if (!hasSchemaComment(Buffer.from(existing.bytes).toString()))
    document.commentBefore = [SCHEMA_COMMENT, document.commentBefore].filter(Boolean).join('\n');
  return document.toString({ lineWidth: 0 });
}

function newLink(link: Link): string {
  const document = new Document(link);
  document.commentBefore = SCHEMA_COMMENT;
  return document.toString({ lineWidth: 0 });
}

/** Writes a value over what is there, so that comments and style of what stays stay. */
function update(document: Document, path: readonly string[], value: unknown): void {
  const before = document.getIn(path, true);
  // a block was right for the old text; of a text that is white space alone it would keep nothing
  if (isScalar(before) && before.value !== value && before.type?.startsWith('BLOCK_')) delete before.type;
  if (!isMap(before) || !isRecord(value)) {
    if (value !== undefined) document.setIn(path, isRecord(value) ? document.createNode(value) : value);
    return;
  }
  const gone = before.items.map((item) => String(item.key)).filter((key) => value[key] === undefined);
  for (const key of gone) before.delete(key);
  for (const [key, one] of Object.entries(value)) update(document, [...path, key], one);
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
