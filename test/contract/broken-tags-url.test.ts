import { expect, test } from 'vitest';
import { type ArtifactName, artifactName } from '../../src/domain/names.js';
import { RegError } from '../../src/errors.js';
import type { RegistryRepository } from '../../src/git/port.js';
import { sandbox } from '../support/repo.js';
import { pairs } from '../support/soak.js';
import { listTags, peeledTags, readTags } from '../support/tags.js';
import { annotate, type Bench, benchOver, tagBytes, URL_READINGS, urlBench } from './bench.js';
import { good, MALFORMED, NOWHERE, surround, verdicts } from './broken.js';

const box = sandbox();
const [CHURN, FRAUD] = ['churn', 'fraud'].map(artifactName);

/** What a server may hold and cannot send, by what is wrong with it. */
const BROKEN: Record<string, (bench: Bench & { head: string }) => string> = {
  ...Object.fromEntries(
    Object.entries(MALFORMED).map(([what, bytesOf]) => [
      `a tag object with ${what}`,
      ({ add, head }: Bench & { head: string }) => add('tag', bytesOf(head)),
    ]),
  ),
  'a missing object': () => NOWHERE,
  'a tag of a missing tag': ({ add }) => add('tag', tagBytes(NOWHERE, 'churn@v2.0.0', 'tag')),
  'a tag of a malformed tag': ({ add }) => add('tag', tagBytes(add('tag', 'x'), 'churn@v2.0.0', 'tag')),
};

/** The verdicts on some tags; undefined when the remote could not answer. */
async function ask(repository: RegistryRepository, which?: ArtifactName) {
  try {
    return verdicts(await readTags(repository, which));
  } catch (error) {
    if (error instanceof RegError && error.code === 'REMOTE_FAILED') return undefined;
    throw error;
  }
}

test.each(
  pairs(Object.keys(BROKEN), URL_READINGS).map(([what, [kind, reading]]) => ({ what, kind, reading })),
)('$what at a remote is no event, and hides no other: $kind', async ({ what, kind, reading }) => {
  // one broken tag of `churn`, and a whole one of `fraud`
  const made = surround(urlBench(box, box.repository(`${kind} ${what}`), reading));
  annotate(made, 'fraud@v1.0.0', made.head);
  made.point('churn@v2.0.0', BROKEN[what]?.(made) ?? '');
  const { repository, head } = made;
  const others = { 'fraud@v1.0.0': head };
  expect(await ask(repository, FRAUD)).toEqual(others);
  for (const [which, expected] of [
    [undefined, { ...good(head), ...others }],
    [CHURN, good(head)],
  ] as const) {
    const { 'churn@v2.0.0': broken, ...rest } = (await ask(repository, which)) ?? expected;
    expect(rest).toEqual(expected);
    expect(broken).not.toBe(head);
  }
  const names = ['churn@v1.0.0', 'churn@v2.0.0', 'churn@v3.0.0', 'fraud@v1.0.0'];
  const peeled = await peeledTags(repository);
  for (const list of [await listTags(repository), peeled])
    expect(list.map(({ name }) => name)).toEqual(names);
});

test('what a remote does tell of broken tags is what its own disk tells, or that it leads nowhere or cannot be sent', async () => {
  const told: [string, unknown][] = [];
  const expected: [string, unknown][] = [];
  for (const what of Object.keys(BROKEN)) {
    const made = box.repository(what);
    const bench = surround(urlBench(box, made, { filters: true, env: {} }));
    bench.point('churn@v2.0.0', BROKEN[what]?.(bench) ?? '');
    const answer = await ask(bench.repository);
    if (answer === undefined) continue;
    told.push([what, answer['churn@v2.0.0']]);
    expected.push([what, (await ask(benchOver(box, made).repository))?.['churn@v2.0.0']]);
  }
  const isTold = ([what, defect]: [string, unknown], index: number): boolean =>
    defect === expected[index]?.[1] ||
    (['lightweight', 'missing'].includes(String(defect)) && what === expected[index]?.[0]);
  expect(told.filter((one, index) => !isTold(one, index))).toEqual([]);
  expect(told.filter(([, defect]) => defect !== 'lightweight').length).toBeGreaterThan(2);
});
