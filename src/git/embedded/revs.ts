import type { Oid } from '../../domain/event.js';
import { refFormatProblem } from '../../domain/refs.js';
import { RegError } from '../../errors.js';
import type { Objects } from './found-object.js';
import { peel } from './tag-readings.js';

/** What a rev begins with, and the steps from there to another commit. */
export interface Rev {
  /** A name, an id or the beginning of one. */
  base: string;
  /** The number of a parent, for each step; 0 for the commit itself. */
  steps: readonly number[];
}

/** `~`, `~3`, `^`, `^2`, `^{}`, `^{commit}` (gitrevisions(7)). */
const STEP = /~(\d*)|\^(\d+|\{(?:commit)?\}|)/y;

/**
 * Takes a rev apart; undefined for what names no commit whatever a repository holds.
 * @throws RegError UNKNOWN_REV for what git understands and this does not
 */
export function parseRev(rev: string): Rev | undefined {
  const [, name = '', rest = ''] = /^([^~^]*)(.*)$/s.exec(rev) ?? [];
  if (/@\{|^:\/|\^\{\/|\^\{!/.test(rev)) throw notUnderstood(rev);
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

const notUnderstood = (rev: string): RegError =>
  new RegError(
    'UNKNOWN_REV',
    `'${rev}' is a rev that only the git program understands, and reg runs without it here`,
    'give a branch, a tag or a commit id; or install git and see that it is on PATH',
  );

/** The full names that a short one may stand for, in the order in which git tries them (gitrevisions(7)). */
export const refNamesOf = (base: string): string[] => [
  // at the top there are HEAD and its like, and what begins with `refs/`
  ...(/^[A-Z_]+$/.test(base) || base.startsWith('refs/') ? [base] : []),
  ...['refs/', 'refs/tags/', 'refs/heads/', 'refs/remotes/'].map((start) => start + base),
  `refs/remotes/${base}/HEAD`,
];

/** A full id. */
export const isOid = (text: string): boolean => /^[0-9a-f]{40}$/i.test(text);

/** The beginning of an id, alone or behind what git-describe(1) puts before it; undefined for anything else. */
export const abbreviationIn = (base: string): string | undefined =>
  /^(?:.+-g)?([0-9a-f]{4,39})$/i.exec(base)?.[1]?.toLowerCase();

/** The commit that an object is, or that a tag leads to. */
export async function commitOf(objects: Objects, oid: Oid): Promise<Oid | undefined> {
  const head = await objects.head(oid);
  const target = head && (await peel(objects, { type: head.type, oid }));
  // a tag may lead to something that is not what it says, or not here
  return target?.type === 'commit' && (await objects.head(target.oid))?.type === 'commit'
    ? target.oid
    : undefined;
}

/** The commit whose id begins so, where there is but one; tags that lead to commits count too, as for git. */
export async function commitBeginning(objects: Objects, digits: string): Promise<Oid | undefined> {
  const found = await Promise.all((await objects.beginning(digits)).map((oid) => commitOf(objects, oid)));
  const commits = found.filter((oid) => oid !== undefined);
  return commits.length === 1 ? commits[0] : undefined;
}

/** The parents of a commit. */
export async function parentsOf(objects: Objects, commit: Oid): Promise<Oid[] | undefined> {
  const found = await objects.read(commit);
  const [header = ''] = found?.bytes.toString('latin1').split('\n\n') ?? [];
  return found && [...header.matchAll(/^parent ([0-9a-f]{40})$/gm)].map(([, oid = '']) => oid);
}
