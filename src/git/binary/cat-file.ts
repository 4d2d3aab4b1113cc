import type { Oid } from '../../domain/event.js';
import { expectSuccess, type RunGit } from './run-git.js';

/** An object as `git cat-file --batch` gives it. */
export interface FoundObject {
  type: string;
  bytes: Buffer;
}

const NEWLINE = 0x0a;

/** Reads many objects in one process; those that are missing or corrupt are missing in the answer too. */
export async function readObjects(git: RunGit, oids: readonly Oid[]): Promise<Map<Oid, FoundObject>> {
  const objects = new Map<Oid, FoundObject>();
  for (let rest = [...new Set(oids)]; rest.length > 0; ) {
    const result = await git(['cat-file', '--batch', '--buffer'], `${rest.join('\n')}\n`);
    const answered = parseBatch(result.stdout, objects);
    if (result.code === 0) break;
    if (result.code < 0) expectSuccess(result, 'reading objects');
    // git stops at a corrupt object: that one counts as missing, the ones behind it are asked for again
    rest = rest.slice(answered + 1);
  }
  return objects;
}

function parseBatch(out: Buffer, objects: Map<Oid, FoundObject>): number {
  let answered = 0;
  for (const { oid, object } of answersIn(out)) {
    answered += 1;
    if (object) objects.set(oid, object);
  }
  return answered;
}

/** One answer of `git cat-file --batch`; without an object where it is missing. */
export interface Answer {
  oid: Oid;
  object: FoundObject | undefined;
}

/** Takes the answers apart as they are wanted: `<oid> <type> <size>\n<bytes>\n`, or `<oid> missing\n` (git-cat-file(1)). */
export function* answersIn(out: Buffer): Generator<Answer, undefined> {
  for (let at = 0; at < out.length; ) {
    const end = out.indexOf(NEWLINE, at);
    const [oid, type, size] = wordsIn(out.toString('latin1', at, end));
    at = end + 1;
    if (size === undefined) yield { oid, object: undefined };
    else {
      const next = at + Number(size);
      yield { oid, object: { type, bytes: out.subarray(at, next) } };
      at = next + 1;
    }
  }
  return undefined;
}

/** The two or three words of an answer's first line, without the list that `split` makes. */
function wordsIn(line: string): [oid: Oid, type: string, size: string | undefined] {
  const space = line.indexOf(' ');
  const second = line.indexOf(' ', space + 1);
  return second < 0
    ? [line.slice(0, space), line.slice(space + 1), undefined]
    : [line.slice(0, space), line.slice(space + 1, second), line.slice(second + 1)];
}

/** How many bytes objects have, without reading them; those that are missing are missing in the answer too. */
export async function readSizes(git: RunGit, oids: readonly Oid[]): Promise<Map<Oid, number>> {
  if (oids.length === 0) return new Map();
  const input = `${[...new Set(oids)].join('\n')}\n`;
  const result = await git(['cat-file', '--batch-check=%(objectname) %(objectsize)', '--buffer'], input);
  const lines = expectSuccess(result, 'reading sizes').toString().split('\n');
  const known = lines.map((line) => line.split(' ')).filter(([, size]) => /^\d+$/.test(size ?? ''));
  return new Map(known.map(([oid = '', size]) => [oid, Number(size)]));
}
