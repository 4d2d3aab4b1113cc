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
  const { answers } = answersIn(out);
  for (const { oid, object } of answers) if (object) objects.set(oid, object);
  return answers.length;
}

/** One answer of `git cat-file --batch`; without an object where it is missing. */
export interface Answer {
  oid: Oid;
  object: FoundObject | undefined;
}

/** The answers that a stream of them brings, as many at a time as come. */
export async function* answersFrom(stream: AsyncIterable<Buffer>): AsyncGenerator<Answer[], void> {
  let parts: Buffer[] = [];
  let [size, least] = [0, 0];
  for await (const chunk of stream) {
    parts.push(chunk);
    size += chunk.length;
    // a large object is put together once
    if (size < least) continue;
    const bytes = parts.length === 1 ? chunk : Buffer.concat(parts);
    const { answers, end, needed } = answersIn(bytes);
    const rest = bytes.subarray(end);
    parts = rest.length === 0 ? [] : [rest];
    [size, least] = [rest.length, needed];
    if (answers.length > 0) yield answers;
  }
}

interface Answers {
  answers: Answer[];
  /** Where they end. */
  end: number;
  /** How many bytes from there the next one has at least. */
  needed: number;
}

/** Takes the whole answers apart: `<oid> <type> <size>\n<bytes>\n`, or `<oid> missing\n` (git-cat-file(1)). */
function answersIn(out: Buffer): Answers {
  const answers: Answer[] = [];
  let at = 0;
  for (let end = out.indexOf(NEWLINE); end >= 0; end = out.indexOf(NEWLINE, at)) {
    const [oid, type, size] = wordsIn(out.toString('latin1', at, end));
    const start = end + 1;
    const next = size === undefined ? start : start + Number(size) + 1;
    if (next > out.length) return { answers, end: at, needed: next - at };
    const object = size === undefined ? undefined : { type, bytes: out.subarray(start, next - 1) };
    answers.push({ oid, object });
    at = next;
  }
  return { answers, end: at, needed: 0 };
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
