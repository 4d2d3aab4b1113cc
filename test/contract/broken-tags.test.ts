import { describe, expect, test } from 'vitest';
import { sandbox } from '../support/repo.js';
import { listTags, readTags } from '../support/tags.js';
import { LOCAL_READERS, tagBytes } from './bench.js';
import { good, MALFORMED, NOWHERE, surround, verdicts } from './broken.js';

const box = sandbox();

describe.each(LOCAL_READERS)('broken tags: %s', (kind, makeBench) => {
  let number = 0;
  const surrounded = () => {
    number += 1;
    return surround(makeBench(box, `${kind}-${number}`));
  };

  test.each(Object.entries(MALFORMED))('a tag object with %s is malformed', async (_what, bytesOf) => {
    const bench = surrounded();
    bench.point('churn@v2.0.0', bench.add('tag', bytesOf(bench.head)));
    expect(verdicts(await readTags(bench.repository))).toEqual({
      ...good(bench.head),
      'churn@v2.0.0': 'malformed',
    });
    expect(await listTags(bench.repository)).toHaveLength(3);
  });

  test('a tag whose object is missing', async () => {
    const bench = surrounded();
    bench.point('churn@v2.0.0', NOWHERE);
    expect(verdicts(await readTags(bench.repository))).toEqual({
      ...good(bench.head),
      'churn@v2.0.0': 'missing',
    });
    expect((await listTags(bench.repository)).map(({ name }) => name)).toContain('churn@v1.0.0');
  });

  test('a tag of a tag that is missing', async () => {
    const bench = surrounded();
    bench.point('churn@v2.0.0', bench.add('tag', tagBytes(NOWHERE, 'churn@v2.0.0', 'tag')));
    expect(verdicts(await readTags(bench.repository))).toEqual({
      ...good(bench.head),
      'churn@v2.0.0': 'missing',
    });
  });

  test('a tag of a malformed tag counts as broken', async () => {
    const bench = surrounded();
    const inner = bench.add('tag', 'hello\n');
    bench.point('churn@v2.0.0', bench.add('tag', tagBytes(inner, 'churn@v2.0.0', 'tag')));
    const { 'churn@v2.0.0': verdict, ...others } = verdicts(await readTags(bench.repository));
    expect(others).toEqual(good(bench.head));
    expect(['malformed', 'missing']).toContain(verdict);
  });

  test('all kinds of broken tags together hide none of the good ones', async () => {
    const bench = surrounded();
    const broken = Object.values(MALFORMED).map((bytesOf) => bench.add('tag', bytesOf(bench.head)));
    const gone = [NOWHERE, bench.add('blob', 'x'), bench.head];
    for (const [index, oid] of [...broken, ...gone].entries()) bench.point(`churn@v2.${index}.0`, oid);
    const readings = await readTags(bench.repository);
    expect(readings).toHaveLength(13);
    expect(verdicts(readings.filter((one) => 'tag' in one))).toEqual(good(bench.head));
  });
});
