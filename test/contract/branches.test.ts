import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, expect, test } from 'vitest';
import { openUrlRepository } from '../../src/git/open-with-git.js';
import {
  type RegistryRepository,
  requireBranches,
  requireRemote,
  requireSignatures,
  requireWriter,
} from '../../src/git/port.js';
import { openGitRepository } from '../../src/git/program/repository.js';
import type { TagObject } from '../../src/git/tag-object.js';
import { type Repository, START, sandbox } from '../support/repo.js';
import { person, signersFile } from '../support/signers.js';
import { readTags } from '../support/tags.js';
import { READERS } from './bench.js';

const box = sandbox();
const ann = person(box, 'Ann');
const eve = person(box, 'Eve');
const KINDS = READERS.filter(([kind]) => kind !== 'memory' && !kind.startsWith('embedded'));

describe.each(KINDS)('branches: %s', (kind, makeBench) => {
  const name = `${kind}-branches`;
  const { repository } = makeBench(box, name);
  const made: Repository = box.at(name);
  box.advance(60);
  const [first, second] = [made.commit(), made.commit()];
  const date = Number(made.git('show', '-s', '--format=%ct', 'HEAD'));
  made.git('checkout', '--quiet', '-b', 'side', first);
  const side = made.commit({}, 'Another');
  made.git('checkout', '--quiet', 'main');

  test('which commits are not on one', async () => {
    const strays = async (...commits: string[]) =>
      [...(await requireBranches(repository).strays(second, commits))].sort();
    expect(await strays(first, second)).toEqual([]);
    expect(await strays(first, side, second, side)).toEqual([side]);
    expect(await strays()).toEqual([]);
    expect([...(await requireBranches(repository).strays(first, [second, first]))]).toEqual([second]);
  });

  test('when a commit was made', async () => {
    expect(await requireBranches(repository).commitDate(second)).toBe(date);
  });

  test('refs as a remote has them, tags not followed', async () => {
    const oid = made.tag('churn@v1.0.0');
    const refs = await requireRemote(repository, '.').listRefs(['HEAD', 'refs/heads/*', 'refs/tags/churn*']);
    expect(Object.fromEntries(refs)).toEqual({
      HEAD: second,
      'refs/heads/main': second,
      'refs/heads/side': side,
      'refs/tags/churn@v1.0.0': oid,
    });
  });
});

test('a missing commit is on no branch, and a shallow history gives no answer', async () => {
  const origin = box.repository('origin');
  const [first, second] = [origin.commit(), origin.commit()];
  const branches = requireBranches(openGitRepository(origin.dir, box));
  expect([...(await branches.strays(second, ['a'.repeat(40), first]))]).toEqual(['a'.repeat(40)]);
  origin.git('clone', '--quiet', '--depth=1', `file://${origin.dir}`, '../shallow');
  const shallow = openGitRepository(box.at('shallow').dir, box);
  expect([...(await requireBranches(shallow).strays(second, [second]))]).toEqual([]);
  await expect(requireBranches(shallow).strays(second, [first])).rejects.toMatchObject({ code: 'SHALLOW' });
});

/** Opens a repository for Ann, by each way of writing to one. */
const WRITERS: readonly (readonly [string, (made: Repository) => RegistryRepository])[] = [
  ['git', (made) => openGitRepository(made.dir, { env: { ...box.env, ...ann.env } })],
  [
    'url',
    (made) =>
      openUrlRepository(`file://${made.dir}`, `${box.root}/cache`, { env: { ...box.env, ...ann.env } }),
  ],
];

describe.each(WRITERS)('signatures: %s', (kind, open) => {
  const scratches = (): string[] => readdirSync(tmpdir()).filter((file) => /^reg-sign/.test(file));

  // a cache of a URL holds objects of the older format alone
  test.each(kind === 'url' ? ['sha1'] : ['sha1', 'sha256'])(
    'are made and checked, in a repository of %s',
    async (format) => {
      const before = scratches();
      const made = box.repository(`${kind}-${format}`, `--object-format=${format}`);
      const commit = made.commit();
      const repository = open(made);
      // a registry at a URL holds what was asked for
      await repository.objects.entry((await repository.objects.commit('HEAD')) ?? '', '');
      const tag: TagObject = {
        object: commit,
        type: 'commit',
        tag: 'churn#prod#1',
        tagger: { name: 'Ann', email: 'ann@example.com' },
        date: START + 5,
        zone: '-0330',
        message: 'Subject\n\nReg-Version: v1.0.0\n',
      };
      const oids = [
        await requireWriter(repository).store(tag, true),
        await requireWriter(repository).store({ ...tag, tag: 'churn#prod#2' }, true),
      ];
      expect(oids[0]).toHaveLength(format === 'sha1' ? 40 : 64);
      expect(made.tags()).toEqual([]);
      expect(await readTags(repository, [{ name: 'churn#prod#1', oid: oids[0] ?? '' }])).toEqual([
        {
          tag: {
            name: 'churn#prod#1',
            oid: oids[0],
            commit,
            tagger: tag.tagger,
            date: tag.date,
            message: tag.message,
            signed: true,
          },
          oddities: [],
        },
      ]);
      const verdicts = async (file: string) =>
        [...(await requireSignatures(repository).check(oids, Buffer.from(file))).values()].map(
          ({ verdict }) => verdict,
        );
      expect(await verdicts(signersFile(eve, ann))).toEqual(['good', 'good']);
      expect(await verdicts(signersFile(eve))).toEqual(['unknown', 'unknown']);
      expect((await requireSignatures(repository).check([], undefined)).size).toBe(0);
      const unsigned = await requireWriter(repository).store({ ...tag, tag: 'x' }, false);
      expect((await requireSignatures(repository).check([unsigned], undefined)).size).toBe(0);
      expect(scratches()).toEqual(before);
    },
  );
});
