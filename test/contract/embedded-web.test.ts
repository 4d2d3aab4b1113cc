import { randomBytes } from 'node:crypto';
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { artifactName } from '../../src/domain/names.js';
import { openUrlRepository } from '../../src/git/open-without-git.js';
import type { RegistryRepository } from '../../src/git/port.js';
import { importInto } from '../support/fast-import.js';
import { type Repository, sandbox } from '../support/repo.js';
import { readTags } from '../support/tags.js';
import { annotate, benchOver } from './bench.js';
import { NOWHERE, verdicts } from './broken.js';
import { addressOf, serverOf } from './embedded-bench.js';

const box = sandbox();
const CHURN = artifactName('churn');
const LARGE = 2_000_000;

/** Three versions of `churn`, one of `fraud`, each at a commit of its own with a large file. */
function makeOriginal(): Repository {
  const made = box.repository('original');
  made.git('config', 'uploadpack.allowFilter', 'true');
  for (const tag of ['churn@v1.0.0', 'churn@v2.0.0', 'fraud@v1.0.0', 'churn#prod#1']) {
    made.commit({ 'models/model.bin': randomBytes(LARGE), 'churn.model.yaml': `description: ${tag}\n` });
    made.tag(tag);
  }
  return made;
}

const original = makeOriginal();

/** A copy of it. */
function makeRegistry(name: string): Repository {
  cpSync(original.dir, join(box.root, name), { recursive: true });
  return box.at(name);
}

const open = async (made: Repository, cache: string): Promise<RegistryRepository> =>
  openUrlRepository(await addressOf(box, made), join(box.root, cache), { env: box.env });

/** The bytes of all that a cache keeps, and the names of its files. */
function kept(cache: string): { bytes: number; names: string[] } {
  const names = readdirSync(join(box.root, cache), { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => statSync(join(box.root, cache, name)).isFile());
  return {
    bytes: files.reduce((sum, name) => sum + statSync(join(box.root, cache, name)).size, 0),
    names: files,
  };
}

/** The requests that something makes. */
async function requestsOf(act: () => Promise<unknown>): Promise<string[]> {
  const { requests } = await serverOf(box);
  const before = requests.length;
  await act();
  return requests.slice(before).map((line) => line.split(' ')[0] ?? '');
}

describe('what is sent', () => {
  const made = makeRegistry('costs');

  test('about one artifact: a greeting, a listing, its tags, and these only once', async () => {
    const ask = async () => readTags(await open(made, 'cost'), CHURN);
    expect(await requestsOf(ask)).toEqual(['GET', 'POST', 'POST']);
    expect(await requestsOf(ask)).toEqual(['GET', 'POST']);
    expect(kept('cost').bytes).toBeLessThan(20_000);
  });

  test('a model alone is fetched, none of its neighbours, and streamed', async () => {
    const repository = await open(made, 'model');
    const commit = (await repository.objects.commit('churn@v2.0.0')) ?? '';
    const entry = await repository.objects.entry(commit, 'models/model.bin');
    expect(kept('model').bytes).toBeLessThan(20_000);
    const oid = entry?.oid ?? '';
    expect(await repository.objects.sizes([oid])).toEqual(new Map([[oid, LARGE]]));
    const { bytes } = kept('model');
    expect(bytes).toBeGreaterThan(LARGE);
    expect(bytes).toBeLessThan(LARGE * 1.1);
    expect(await requestsOf(async () => buffer(await repository.objects.stream(oid)))).toEqual([]);
    expect(await buffer(await repository.objects.stream(oid))).toHaveLength(LARGE);
  });

  test('what every ref leads to comes in one listing', async () => {
    const tips = await (await open(made, 'tips')).tips();
    const head = made.git('rev-parse', 'HEAD');
    expect(tips.get('HEAD')).toBe(head);
    expect(tips.get('refs/heads/main')).toBe(head);
    expect(tips.get('refs/tags/churn@v1.0.0')).toBe(made.git('rev-parse', 'churn@v1.0.0^{commit}'));
    expect(tips.size).toBe(6);
  });

  test('nothing at all before the first question', async () => {
    expect(await requestsOf(() => open(made, 'quiet'))).toEqual([]);
  });
});

test('old files that are stored as differences come as such, and are read as they were', async () => {
  const made = box.repository('differences');
  made.git('config', 'uploadpack.allowFilter', 'true');
  const lines = Array.from({ length: 400 }, (_, index) => `line ${index} ${'x'.repeat(index % 50)}`);
  const texts = Array.from({ length: 10 }, (_, round) => {
    lines[round * 7] = `changed in round ${round}`;
    made.commit({ 'long.txt': lines.join('\n'), [`deep/${round}.txt`]: String(round) });
    return lines.join('\n');
  });
  made.git('repack', '-adfq', '--depth=50', '--window=50');
  const oids = texts.map((_, round) => made.git('rev-parse', `HEAD~${9 - round}:long.txt`));
  const repository = await open(made, 'differences-cache');
  await repository.objects.sizes(oids);
  expect(kept('differences-cache').bytes).toBeLessThan(texts.join('').length / 2);
  for (const [round, oid] of oids.entries())
    expect(Buffer.from(await repository.objects.blob(oid)).toString()).toBe(texts[round]);
  for (const rev of ['main', 'main~5']) {
    const commit = (await repository.objects.commit(rev)) ?? '';
    const listed = made.git('ls-tree', '-r', '--name-only', rev).split('\n');
    expect((await repository.objects.entries(commit, '')).map(({ path }) => path)).toEqual(listed);
  }
});

test('a history that was fetched once is brought up to date with its new commits alone', async () => {
  const made = box.repository('growing');
  made.git('config', 'uploadpack.allowFilter', 'true');
  const told = Array.from({ length: 40 }, (_, index) => ({
    files: { 'n.txt': `${index} ${randomBytes(100).toString('hex')}` },
    day: `2026-01-01T00:00:${String(index).padStart(2, '0')}Z`,
  }));
  importInto(box, made, told);
  const [first, last] = ['HEAD~39', 'HEAD'].map((rev) => made.git('rev-parse', rev)) as [string, string];
  const between = async (to: string) =>
    (await (await open(made, 'growing-cache')).history.between(first, to, 100))?.length;
  expect(await between(last)).toBe(39);
  const before = kept('growing-cache').bytes;
  const added = made.commit({}, 'Added');
  expect(await between(added)).toBe(40);
  expect(kept('growing-cache').bytes - before).toBeLessThan(before / 4);
  // what is known is not asked for again
  expect(await requestsOf(() => between(added))).toEqual([]);
  expect(await between(NOWHERE)).toBeUndefined();
  expect(await between(added)).toBe(40);
});

describe('the cache', () => {
  const made = makeRegistry('cached');

  test('many that fetch the same at once share what comes, and leave nothing else behind', async () => {
    const head = made.git('rev-parse', 'churn#prod#1^{commit}');
    const asked = Array.from({ length: 12 }, async () => {
      const repository = await open(made, 'shared');
      const readings = await readTags(repository, CHURN);
      return [Object.keys(verdicts(readings)).length, await repository.objects.commit('churn#prod#1')];
    });
    expect(await Promise.all(asked)).toEqual(asked.map(() => [3, head]));
    const { names } = kept('shared');
    const others = names.filter(
      (name) => !/\/(objects\/pack\/pack-[0-9a-f]{40}\.(pack|idx)|answers\/\w+)$/.test(name),
    );
    // what makes a folder a bare repository, and nothing of what was fetched beside objects and answers
    expect(others.map((name) => name.replace(/^.*\//, '')).sort()).toEqual(['HEAD', 'config', 'description']);
    expect(names.length - others.length).toBeLessThan(10);
  });

  test('holds no login', async () => {
    const url = (await addressOf(box, made)).replace('://', '://ann:s3cret@');
    const repository = await openUrlRepository(url, join(box.root, 'logins'), { env: box.env });
    expect(await readTags(repository, CHURN)).toHaveLength(3);
    expect(repository.address).toBe(await addressOf(box, made));
    expect(await readTags(await open(made, 'logins'), CHURN)).toHaveLength(3);
    const { names } = kept('logins');
    expect(names.filter((name) => /\.(pack|idx)$/.test(name))).toHaveLength(2);
    for (const name of names)
      expect(readFileSync(join(box.root, 'logins', name), 'latin1')).not.toContain('s3cret');
  });

  test('what a killed process left is swept away after a day, and what another one is at is not', async () => {
    await readTags(await open(made, 'swept'), CHURN);
    const [folder = ''] = readdirSync(join(box.root, 'swept/repositories'));
    const fetching = join(box.root, 'swept/repositories', folder, 'fetching');
    for (const name of ['old', 'new']) mkdirSync(join(fetching, `${name}.borrowed`));
    const longAgo = Date.now() / 1000 - 2 * 24 * 60 * 60;
    utimesSync(join(fetching, 'old.borrowed'), longAgo, longAgo);
    await (await open(made, 'swept')).objects.commit('main~1');
    const left = readdirSync(fetching).filter((name) => name.endsWith('.borrowed'));
    expect(left).toEqual(['new.borrowed']);
  });

  test('a cache that is not writable is an error that names it', async () => {
    writeFileSync(join(box.root, 'no-folder'), '');
    const repository = await openUrlRepository(await addressOf(box, made), join(box.root, 'no-folder'), {
      env: box.env,
    });
    await expect(readTags(repository, CHURN)).rejects.toMatchObject({
      code: 'FILE_SYSTEM',
      hint: expect.stringContaining('XDG_CACHE_HOME'),
    });
    // a listing of all needs no object
    expect([...(await repository.tags.list('all')).refs]).toHaveLength(4);
  });
});

test('a full disk is an error that names it', async () => {
  const made = makeRegistry('full');
  const repository = await open(made, 'full-cache');
  await readTags(repository, artifactName('fraud'));
  const [folder = ''] = readdirSync(join(box.root, 'full-cache/repositories'));
  const packs = join(box.root, 'full-cache/repositories', folder, 'objects/pack');
  rmSync(packs, { recursive: true });
  writeFileSync(packs, '');
  await expect(repository.objects.commit('main')).rejects.toMatchObject({ code: 'FILE_SYSTEM' });
});

test('an object that the remote has not got', async () => {
  const repository = await open(makeRegistry('without'), 'without-cache');
  for (const ask of [
    () => repository.objects.blob(NOWHERE),
    () => repository.objects.stream(NOWHERE),
    () => repository.objects.sizes([NOWHERE]),
    () => repository.objects.entry(NOWHERE, 'x'),
  ])
    await expect(ask()).rejects.toMatchObject({
      code: 'SOURCE_PATH',
      message: expect.stringContaining(NOWHERE),
    });
  expect(await repository.objects.commit(NOWHERE)).toBeUndefined();
});

test('tags that the remote cannot send do not block those of other artifacts', async () => {
  const made = makeRegistry('broken');
  benchOver(box, made).point('churn@v9.0.0', NOWHERE);
  const repository = await open(made, 'broken-cache');
  expect(await readTags(repository, artifactName('fraud'))).toHaveLength(1);
  const read = await readTags(repository, CHURN);
  expect(read.flatMap((one) => ('tag' in one ? [one.tag.name] : []))).toEqual([
    'churn#prod#1',
    'churn@v1.0.0',
    'churn@v2.0.0',
  ]);
  annotate(benchOver(box, made), 'fraud@v2.0.0', made.git('rev-parse', 'HEAD'));
  expect(await readTags(repository, artifactName('fraud'))).toHaveLength(2);
});
