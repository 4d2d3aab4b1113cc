import { expect, test } from 'vitest';
import { openBinaryRepository } from '../../src/git/binary/repository.js';
import type { TagReading } from '../../src/git/port.js';
import { sandbox } from '../support/repo.js';
import { annotate, benchOver, tagBytes } from './bench.js';
import { MALFORMED, NOWHERE } from './broken.js';

const box = sandbox();

/** All pieces of a stream of tags, by name. */
async function gather(stream: AsyncIterable<readonly TagReading[]> | undefined): Promise<TagReading[]> {
  const all: TagReading[] = [];
  for await (const some of stream ?? []) all.push(...some);
  return all.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}

const nameOf = (one: TagReading): string => ('tag' in one ? one.tag.name : one.ref.name);

const KINDS: readonly [string, Record<string, string>][] = [
  ['from files first', {}],
  ['by the git program', { REG_GIT: 'git' }],
];

test.each(KINDS)('tags some at a time are the tags at once: %s', async (kind, env) => {
  const made = box.repository(kind);
  const bench = benchOver(box, made);
  const head = bench.commit({ 'model.bin': '1' });
  const repository = openBinaryRepository(made.dir, { env: { ...box.env, ...env } });
  const agree = async () => {
    const all = await gather(repository.streamTags?.());
    expect(all).toEqual(
      await gather(
        (async function* () {
          yield await repository.readTags();
        })(),
      ),
    );
    return all.length;
  };
  expect(await agree()).toBe(0);
  for (let number = 0; number < 300; number += 1) annotate(bench, `churn#prod#${number}`, head);
  expect(await agree()).toBe(300);
  const inner = annotate(bench, 'churn@v1.0.0', head);
  for (const version of ['v2.0.0', 'v3.0.0'])
    bench.point(`churn@${version}`, bench.add('tag', tagBytes(inner, `churn@${version}`, 'tag')));
  for (const [what, bytesOf] of Object.entries(MALFORMED))
    bench.point(`odd@v1.0.0-${what.replaceAll(' ', '-')}`, bench.add('tag', bytesOf(head)));
  bench.point('churn@v4.0.0', head);
  const whole = await agree();
  expect(whole).toBe(304 + Object.keys(MALFORMED).length);
  // what is missing ends what git was reading
  bench.point('churn#prod#150', NOWHERE);
  bench.point('churn@v5.0.0', bench.add('tag', tagBytes(NOWHERE, 'churn@v5.0.0', 'tag')));
  expect(await agree()).toBe(whole + 1);
});
