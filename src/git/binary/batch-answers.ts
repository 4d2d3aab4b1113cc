import type { Oid } from '../../domain/event.js';

/** An object as `git cat-file --batch` gives it. */
export interface FoundObject {
  type: string;
  bytes: Buffer;
}

const NEWLINE = 0x0a;

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

/** Takes the whole answers apart that some bytes hold: `<oid> <type> <size>\n<bytes>\n`, or `<oid> missing\n` (git-cat-file(1)). */
export function answersIn(out: Buffer): Answers {
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
