import { describe, expect, test } from 'vitest';
import { artifactName } from '../../src/domain/names.js';
import { sandbox } from '../support/repo.js';
import { peeledTags, readTags } from '../support/tags.js';
import { readersInTurn, tagBytes } from './bench.js';
import { good, MALFORMED, surround, verdicts } from './broken.js';

const box = sandbox();
const CHURN = artifactName('churn');

/** Tags that git lists, follows and sends, and that are no events all the same. */
describe.each(readersInTurn())('tags that are no events: %s', (kind, makeBench, turns) => {
  let number = 0;
  const surrounded = () => {
    number += 1;
    return surround(makeBench(box, `${kind}-${number}`));
  };

  test.each(turns.rows(['no tagger', 'a tagger without a date', 'a date beyond all calendars']))(
    'a tag object with %s is malformed',
    async (what) => {
      const bench = surrounded();
      bench.point('churn@v2.0.0', bench.add('tag', MALFORMED[what]?.(bench.head) ?? ''));
      const expected = { ...good(bench.head), 'churn@v2.0.0': 'malformed' };
      for (const which of [undefined, CHURN])
        expect(verdicts(await readTags(bench.repository, which))).toEqual(expected);
    },
  );

  turns.test('a lightweight tag is one, whatever it is on', async () => {
    const bench = surrounded();
    bench.point('churn@v2.0.0', bench.head);
    bench.point('churn@v2.1.0', bench.add('blob', 'a model, 3 GB long'));
    const expected = { ...good(bench.head), 'churn@v2.0.0': 'lightweight', 'churn@v2.1.0': 'lightweight' };
    for (const which of [undefined, CHURN])
      expect(verdicts(await readTags(bench.repository, which))).toEqual(expected);
  });

  turns.test('a tag on a blob is on no commit', async () => {
    const bench = surrounded();
    const blob = bench.add('blob', 'model');
    bench.point('churn@v2.0.0', bench.add('tag', tagBytes(blob, 'churn@v2.0.0', 'blob')));
    const expected = { ...good(bench.head), 'churn@v2.0.0': 'not-a-commit' };
    for (const which of [undefined, CHURN])
      expect(verdicts(await readTags(bench.repository, which))).toEqual(expected);
  });

  turns.test('a tag on a tree is on no commit', async () => {
    const bench = surrounded();
    const tree = bench.add('tree', '');
    bench.point('churn@v2.0.0', bench.add('tag', tagBytes(tree, 'churn@v2.0.0', 'tree')));
    const expected = { ...good(bench.head), 'churn@v2.0.0': 'not-a-commit' };
    for (const which of [undefined, CHURN])
      expect(verdicts(await readTags(bench.repository, which))).toEqual(expected);
  });

  turns.test('a tag of a tag that leads to no commit', async () => {
    const bench = surrounded();
    const onBlob = bench.add('tag', tagBytes(bench.add('blob', 'x'), 'inner', 'blob'));
    bench.point('churn@v2.0.0', bench.add('tag', tagBytes(onBlob, 'churn@v2.0.0', 'tag')));
    const expected = { ...good(bench.head), 'churn@v2.0.0': 'not-a-commit' };
    for (const which of [undefined, CHURN])
      expect(verdicts(await readTags(bench.repository, which))).toEqual(expected);
  });

  turns.test(
    'a tag of a tag of a tag is on the commit at the end, and keeps its own tagger and message',
    async () => {
      const bench = surrounded();
      const inner = bench.add('tag', tagBytes(bench.head, 'inner'));
      const middle = bench.add('tag', tagBytes(inner, 'middle', 'tag'));
      bench.point('churn@v2.0.0', bench.add('tag', tagBytes(middle, 'churn@v2.0.0', 'tag')));
      for (const which of [undefined, CHURN]) {
        const readings = await readTags(bench.repository, which);
        expect(verdicts(readings)).toEqual({ ...good(bench.head), 'churn@v2.0.0': bench.head });
        const nested = readings.find((one) => 'tag' in one && one.tag.name === 'churn@v2.0.0');
        expect(nested).toMatchObject({ tag: { message: 'About churn@v2.0.0\n' } });
      }
    },
  );

  turns.test('a listing that follows tags leads where reading does', async () => {
    const bench = surrounded();
    const inner = bench.add('tag', tagBytes(bench.head, 'inner'));
    const nested = bench.add('tag', tagBytes(inner, 'churn@v2.0.0', 'tag'));
    bench.point('churn@v2.0.0', nested);
    bench.point('churn@v2.1.0', bench.head);
    expect(await peeledTags(bench.repository)).toMatchObject([
      { name: 'churn@v1.0.0', peeled: bench.head },
      { name: 'churn@v2.0.0', oid: nested, peeled: bench.head },
      { name: 'churn@v2.1.0', oid: bench.head, peeled: undefined },
      { name: 'churn@v3.0.0', peeled: bench.head },
    ]);
  });
});
