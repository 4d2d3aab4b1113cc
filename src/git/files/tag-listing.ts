import { join } from 'node:path';
import type { Oid } from '../../domain/event.js';
import { type ArtifactName, artifactNameForTag } from '../../domain/names.js';
import { PREFIX, type TagListing } from '../tag-listing.js';
import { readLooseRefs } from './loose-refs.js';
import { withObjectFiles } from './object-files.js';
import type { StoredObject } from './pack-file.js';
import { openPackedRefs } from './packed-refs.js';
import { tagLines } from './tag-lines.js';

/** More tags with files of their own than that are for a process, which can be ended while it reads them. */
const MANY = 5000;

/** Tells what loose tags lead to, each in its turn; undefined where git has to say it. */
type Follow = (oids: readonly Oid[]) => readonly (Oid | undefined)[] | undefined;

/**
 * Every tag whose name begins as the tags of an artifact do; where the annotated ones with files of their own lead is not
 * found out. Undefined where git has to be asked.
 */
export const listArtifactFiles = (commonDir: string, artifact: ArtifactName): TagListing | undefined =>
  list(commonDir, startsOf(artifact), (oids) => oids.map(() => undefined));

/** The same, with what an annotated one leads to. */
export const listPeeledArtifactFiles = (commonDir: string, artifact: ArtifactName): TagListing | undefined =>
  list(commonDir, startsOf(artifact), followIn(commonDir));

/** Every tag, with what an annotated one leads to; undefined where git has to be asked. */
export const listTagFiles = (commonDir: string): TagListing | undefined =>
  list(commonDir, [PREFIX], followIn(commonDir));

const startsOf = (artifact: ArtifactName): string[] =>
  ['#', '@'].map((mark) => PREFIX + artifactNameForTag(artifact) + mark);

const followIn =
  (commonDir: string): Follow =>
  (oids) =>
    withObjectFiles(commonDir, (read) => {
      const targets = oids.map((oid) => targetOf(read(oid)));
      return targets.includes('elsewhere') ? undefined : targets;
    });

function list(commonDir: string, starts: readonly string[], follow: Follow): TagListing | undefined {
  // in this order: a ref that is packed meanwhile is packed before its file goes
  const loose = [...readLooseRefs(commonDir, starts)];
  const packed = loose.length > MANY ? undefined : packedLines(commonDir, starts);
  if (packed === undefined) return undefined;
  const targets = loose.length === 0 ? [] : follow(loose.map(([, oid]) => oid));
  const tags = loose.map(([name, oid], index) => ({
    name: name.slice(PREFIX.length),
    oid,
    peeledOid: targets?.[index],
  }));
  return targets && tagLines(packed, tags);
}

function packedLines(commonDir: string, starts: readonly string[]): Buffer | undefined {
  const packed = openPackedRefs(join(commonDir, 'packed-refs'));
  if (packed === 'none') return Buffer.alloc(0);
  try {
    const pieces = packed && starts.map(packed.linesOf);
    // of all tags there is one piece, which is not to be copied: it may be large
    return pieces?.length === 1 ? pieces[0] : pieces && Buffer.concat(pieces);
  } finally {
    packed?.close();
  }
}

/** What an object leads to when it is a tag of no tag; undefined when it is no tag. */
function targetOf(object: StoredObject | undefined): Oid | 'elsewhere' | undefined {
  if (object === undefined) return 'elsewhere';
  if (object.type !== 'tag') return undefined;
  const start = object.bytes.toString('latin1', 0, 64);
  const [, oid] = /^object ([0-9a-f]{40})\ntype (?:commit|tree|blob)\n/.exec(start) ?? [];
  return oid ?? 'elsewhere';
}
