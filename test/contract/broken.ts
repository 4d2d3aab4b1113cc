import type { TagReading } from '../../src/git/port.js';
import { annotate, type Bench } from './bench.js';

/** The bytes of tag objects that git may hold and that are no events, by what is wrong with them. */
export const MALFORMED: Record<string, (commit: string) => string> = {
  'no header at all': () => 'hello\n',
  'no bytes at all': () => '',
  'no tagger': (commit) => `object ${commit}\ntype commit\ntag churn@v2.0.0\n\nRegister\n`,
  'a tagger without a date': (commit) =>
    `object ${commit}\ntype commit\ntag churn@v2.0.0\ntagger Ann <ann@example.com>\n\nRegister\n`,
  'a date beyond all calendars': (commit) =>
    `object ${commit}\ntype commit\ntag churn@v2.0.0\ntagger Ann <a@b> 99999999999999999 +0000\n\nRegister\n`,
  'two object lines': (commit) =>
    `object ${commit}\nobject ${commit}\ntype commit\ntag churn@v2.0.0\ntagger Ann <a@b> 1 +0000\n\nRegister\n`,
  'an object that is no id': () =>
    'object main\ntype commit\ntag churn@v2.0.0\ntagger Ann <a@b> 1 +0000\n\nRegister\n',
  'a type that git does not know': (commit) =>
    `object ${commit}\ntype model\ntag churn@v2.0.0\ntagger Ann <a@b> 1 +0000\n\nRegister\n`,
};

/** An id that no object has. */
export const NOWHERE = '0123456789abcdef0123456789abcdef01234567';

/** What each tag turned out to be: its commit, or what is wrong with it. */
export const verdicts = (readings: readonly TagReading[]): Record<string, string> =>
  Object.fromEntries(
    readings.map((one) => ('tag' in one ? [one.tag.name, one.tag.commit] : [one.ref.name, one.defect])),
  );

/** A bench with one good tag before and one behind the names that begin with `churn@v2`, in any order of names. */
export function surround(bench: Bench): Bench & { head: string } {
  const head = bench.commit({ 'model.bin': '1' });
  for (const name of ['churn@v1.0.0', 'churn@v3.0.0']) annotate(bench, name, head);
  return { ...bench, head };
}

/** The verdicts on the two good tags. */
export const good = (head: string): Record<string, string> => ({
  'churn@v1.0.0': head,
  'churn@v3.0.0': head,
});
