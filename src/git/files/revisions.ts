import type { Oid } from '../../domain/event.js';
import { refFormatProblem, refNamesOf } from '../../domain/refs.js';
import { RegError } from '../../errors.js';
import { readCommit } from './history.js';
import { type ObjectStore, peel } from './objects.js';
import type { Refs } from './refs.js';

/** A revision, taken apart (gitrevisions(7)). */
interface Revision {
  /** A name, an id or an abbreviated id. */
  base: string;
  /** The number of a parent, for each step; 0 for the commit itself. */
  steps: readonly number[];
}

/** `~`, `~3`, `^`, `^2`, `^{}`, `^{commit}`. */
const STEP = /~(\d*)|\^(\d+|\{(?:commit)?\}|)/y;

/**
 * Takes a revision apart; undefined for a text that names no commit in any repository.
 * @throws RegError UNKNOWN_REV for a revision that only git understands
 */
export function parseRevision(rev: string): Revision | undefined {
  const [, name = '', rest = ''] = /^([^~^]*)(.*)$/s.exec(rev) ?? [];
  if (/@\{|^:\/|\^\{\/|\^\{!/.test(rev))
    throw new RegError(
      'UNKNOWN_REV',
      `'${rev}' is a rev that only the git program understands, and reg runs without it here`,
      'give a branch, a tag or a commit id; or install git and see that it is on PATH',
    );
  const base = name === '@' ? 'HEAD' : name;
  if (refFormatProblem(base) || base.startsWith('-')) return undefined;
  // more generations than any history has would fill the memory
  if (/~\d{8}/.test(rest)) return undefined;
  const steps: number[] = [];
  for (STEP.lastIndex = 0; STEP.lastIndex < rest.length; ) {
    const found = STEP.exec(rest);
    if (found === null) return undefined;
    const [, back, parent] = found;
    if (back === undefined) steps.push(/^\{/.test(parent ?? '') ? 0 : Number(parent || 1));
    else steps.push(...Array<number>(Number(back || 1)).fill(1));
  }
  return { base, steps };
}

/** Whether a text is a full id. */
const isFullOid = (text: string): boolean => /^[0-9a-f]{40}$/i.test(text);

/** An abbreviated id, alone or at the end of the output of git-describe(1); undefined for any other text. */
const abbreviatedIn = (base: string): string | undefined =>
  /^(?:.+-g)?([0-9a-f]{4,39})$/i.exec(base)?.[1]?.toLowerCase();

/**
 * The commit that a revision names in a repository, or undefined: an id comes before a name, and a name before an abbreviated id.
 * @param shallow the commits whose parents were left out when the history was cut
 * @throws RegError UNKNOWN_REV for a revision that only git understands
 */
export async function resolveCommit(
  refs: Refs,
  objects: ObjectStore,
  shallow: () => Promise<ReadonlySet<Oid>>,
  rev: string,
): Promise<Oid | undefined> {
  const parsed = parseRevision(rev);
  if (parsed === undefined) return undefined;
  const start = await objectNamed(refs, parsed.base);
  const digits = start === undefined ? abbreviatedIn(parsed.base) : undefined;
  let commit =
    digits === undefined ? start && (await commitOf(objects, start)) : await uniqueCommit(objects, digits);
  for (const step of parsed.steps) {
    if (commit === undefined || step === 0) continue;
    const parents = (await shallow()).has(commit) ? [] : (await readCommit(objects.read, commit))?.parents;
    commit = parents?.[step - 1];
  }
  return commit;
}

async function objectNamed(refs: Refs, base: string): Promise<Oid | undefined> {
  if (isFullOid(base)) return base.toLowerCase();
  for (const name of refNamesOf(base)) {
    const oid = await refs.read(name);
    if (oid !== undefined) return oid;
  }
  return undefined;
}

/** The commit that an object is, or that a tag leads to. */
async function commitOf(objects: ObjectStore, oid: Oid): Promise<Oid | undefined> {
  const head = await objects.head(oid);
  const target = head && (await peel(objects, { type: head.type, oid }));
  // a tag may lead to an object of another type than it states, or to one that is missing
  return target?.type === 'commit' && (await objects.head(target.oid))?.type === 'commit'
    ? target.oid
    : undefined;
}

/** The only commit whose id begins so; tags that lead to commits count too, as in git. */
async function uniqueCommit(objects: ObjectStore, digits: string): Promise<Oid | undefined> {
  const oids = await objects.startingWith(digits);
  const commits = (await Promise.all(oids.map((oid) => commitOf(objects, oid)))).filter(
    (oid) => oid !== undefined,
  );
  return commits.length === 1 ? commits[0] : undefined;
}
