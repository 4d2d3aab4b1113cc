import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type ArtifactName, artifactName, type StageName, stageName } from '../../src/domain/names.js';
import { confirms } from '../../src/domain/outline.js';
import type { MemoryRepository } from '../../src/git/memory.js';
import { tagAt } from '../../src/git/tag-listing.js';
import { versionByNames } from '../../src/registry/by-names.js';
import { readArtifact } from '../../src/registry/read.js';
import { fullSummaries, readSummaries, type Summaries } from '../../src/registry/summaries.js';
import { build, registries } from '../support/registries.js';
import { currentIn, latestVersion } from "../../src/domain/artifact.js";

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

/** What names tell of one version, where the objects of its witnesses confirm it: how `which` and `latest` are answered first. */
async function atAGlance(repository: MemoryRepository, artifact: ArtifactName, stage?: StageName) {
  const listing = await repository.listPeeledTags();
  const told = listing && versionByNames(listing, artifact, stage);
  if (listing === undefined || told === undefined) return undefined;
  const asked = told.witnesses.map(({ tag }) => tagAt(listing, tag));
  const readings = await repository.readTags(asked);
  const tagOf = (index: number) => {
    const reading = readings[index];
    return reading && 'tag' in reading ? reading.tag : undefined;
  };
  return told.witnesses.every((witness, index) => confirms(witness, tagOf(index))) ? told.version : undefined;
}

it('what names with their witnesses tell of one version is what all its tag objects tell', async () => {
  let told = 0;
  await fc.assert(
    fc.asyncProperty(registries, async (tags) => {
      const repository = build(tags);
      for (const artifact of ['churn', 'models:churn', 'churn2'].map(artifactName))
        for (const stage of [undefined, ...['dev', 'prod'].map(stageName)]) {
          const glanced = await atAGlance(repository, artifact, stage);
          if (glanced === undefined) continue;
          told += 1;
          const state = await readArtifact(repository, artifact);
          const version = stage === undefined ? latestVersion(state) : currentIn(state, stage)?.version;
          expect([artifact, stage, glanced]).toEqual([artifact, stage, version?.id]);
        }
    }),
    { numRuns: 5000 },
  );
  // of registries that are this odd, too, names tell much
  expect(told).toBeGreaterThan(300);
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

it('an artifact of very many tags that names cannot settle is read as any other', async () => {
  const repository = build([]);
  const commit = repository.commit();
  const oid = repository.add('tag', Buffer.from(tagText('churn', commit, 1)));
  for (const name of ['churn@v1.0.0', 'churn@v1.0.0!']) repository.point(name, oid);
  for (let counter = 0; counter < 130_000; counter += 1) repository.point(`churn#prod#${counter}`, oid);
  expect([...(await readSummaries(repository)).keys()]).toEqual(['churn']);
});

const tagText = (name: string, commit: string, date: number): string =>
  `object ${commit}\ntype commit\ntag ${name}\ntagger A <a@example.com> ${date} +0000\n\nsaid\n`;
