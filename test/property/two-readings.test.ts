import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fullSummaries, readSummaries, type Summaries } from '../../src/registry/summaries.js';
import { build, registries } from '../support/registries.js';

/** Summaries as plain values, in one order. */
const plain = (summaries: Summaries) =>
  [...summaries]
    .map(([name, { latest, stages, deprecated }]) => ({
      name,
      latest,
      stages: [...stages].sort(),
      deprecated,
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));

it('names with their witnesses give the same overview as all tag objects', async () => {
  await fc.assert(
    fc.asyncProperty(registries, async (tags) => {
      const repository = build(tags);
      expect(plain(await readSummaries(repository))).toEqual(plain(await fullSummaries(repository)));
    }),
    { numRuns: 10_000 },
  );
});

it('opens the objects that the answer rests upon, and no others', async () => {
  const repository = build([]);
  for (let counter = 1; counter <= 20; counter += 1) {
    const commit = repository.commit();
    for (const name of [`churn@v1.${counter}.0`, `churn#prod#${counter}`])
      repository.point(name, repository.add('tag', Buffer.from(tagText(name, commit, counter))));
  }
  const opened: unknown[] = [];
  const readTags: typeof repository.readTags = (which) => {
    opened.push(typeof which === 'object' ? which.map((ref) => ref.name).sort() : 'everything');
    return repository.readTags(which);
  };
  const summaries = await readSummaries({ ...repository, readTags });
  expect(plain(summaries)).toEqual([
    { name: 'churn', latest: 'v1.20.0', stages: [['prod', 'v1.20.0']], deprecated: false },
  ]);
  expect(opened).toEqual([['churn#prod#20', 'churn@v1.20.0']]);
});

const tagText = (name: string, commit: string, date: number): string =>
  `object ${commit}\ntype commit\ntag ${name}\ntagger A <a@example.com> ${date} +0000\n\nsaid\n`;
