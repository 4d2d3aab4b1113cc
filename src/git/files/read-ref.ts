import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Oid } from '../../domain/event.js';
import { readLooseRef } from './loose-refs.js';
import { withObjectFiles } from './object-files.js';
import { openPackedRefs } from './packed-refs.js';
import type { PlainPlace } from './plain-place.js';

/**
 * What a ref holds, by its full name; null where there is none, undefined where git has to be asked.
 * @throws UnplainRef
 */
export function readRef(commonDir: string, name: string): Oid | null | undefined {
  // in this order: a ref that is packed meanwhile is packed before its file goes
  const loose = readLooseRef(commonDir, name);
  if (loose !== undefined) return loose;
  const packed = openPackedRefs(join(commonDir, 'packed-refs'));
  if (packed === 'none') return null;
  try {
    const line = packed
      ?.linesOf(name)
      .toString()
      .split('\n')
      .find((one) => one.endsWith(` ${name}`));
    return packed && (line?.slice(0, line.indexOf(' ')) ?? null);
  } finally {
    packed?.close();
  }
}

/**
 * The commit that HEAD leads to; undefined where git has to be asked, as for a branch that has no commit yet.
 * @throws UnplainRef
 */
export function readHead(place: PlainPlace): Oid | undefined {
  const oid = headOid(place);
  if (oid === undefined) return undefined;
  return withObjectFiles(place.commonDir, (read) => (read(oid)?.type === 'commit' ? oid : undefined));
}

/**
 * What HEAD leads to, a commit or not.
 * @throws UnplainRef
 */
export function headOid({ gitDir, commonDir }: PlainPlace): Oid | undefined {
  const text = readFileSync(join(gitDir, 'HEAD'), 'utf8');
  const [, detached, branch] = /^(?:([0-9a-f]{40})|ref: (refs\/heads\/\S+))\n$/.exec(text) ?? [];
  return detached ?? (branch === undefined ? undefined : (readRef(commonDir, branch) ?? undefined));
}
