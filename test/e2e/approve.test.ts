import { expect, test } from 'vitest';
import { decodeTag } from '../../src/git/tag-object.js';
import { jsonIn, regIn, runReg, transcript } from '../support/cli-here.js';
import { sandbox } from '../support/repo.js';
import { person } from '../support/signers.js';
import { withRemote } from './registry.js';

const box = sandbox();
const bo = person(box, 'Bo');
const { registry, remote } = withRemote(box, 'registry');
const first = registry.git('rev-parse', 'HEAD');
const reg = regIn(box, registry.dir);
const TAG = 'reg/approve/churn/v1.0.0/prod/ann%40example.com';

test('an approval is a tag on the commit of the version, and no event', async () => {
  await reg('register', 'churn', '--version', 'v1.0.0', '--push');
  const runs = [
    await reg('approve', 'churn@v1.0.0', 'prod', '--dry-run'),
    await reg('approve', 'churn@v1.0.0', 'prod', '-m', 'Read the report'),
    await reg('approve', 'churn', 'prod', '--offline'),
  ];
  expect(transcript(...runs)).toMatchInlineSnapshot(`
    "$ reg approve churn@v1.0.0 prod --dry-run
    reg/approve/churn/v1.0.0/prod/ann%40example.com
    -- stderr --
    nothing was written: this is a dry run

    $ reg approve churn@v1.0.0 prod -m 'Read the report'
    reg/approve/churn/v1.0.0/prod/ann%40example.com
    -- stderr --
    it counts where someone other than ann@example.com assigns
    hint: git push origin refs/tags/reg/approve/churn/v1.0.0/prod/ann%40example.com

    $ reg approve churn prod --offline
    reg/approve/churn/v1.0.0/prod/ann%40example.com
    -- stderr --
    you approved of it already
    hint: git push origin refs/tags/reg/approve/churn/v1.0.0/prod/ann%40example.com
    "
  `);
  const tag = decodeTag(Buffer.from(`${registry.git('cat-file', 'tag', TAG)}\n`));
  expect(tag).toMatchObject({ tag: TAG, object: first, message: 'Read the report\n' });
  expect(await jsonIn(box, registry.dir)('history')).toHaveLength(1);
  expect(await jsonIn(box, registry.dir)('doctor', '--offline')).toEqual([]);
  expect((await reg('status')).stdout).toBe('');
});

test('it is pushed by git, or at once, also without a clone', async () => {
  const here = registry.git('rev-parse', `refs/tags/${TAG}`);
  expect((await reg('approve', 'churn@v1.0.0', 'prod')).stderr).toContain('you approved of it already\n');
  expect(await reg('approve', 'churn@v1.0.0', 'prod', '--push')).toMatchObject({ code: 0 });
  expect(remote.git('rev-parse', `refs/tags/${TAG}`)).toBe(here);
  const again = await reg('approve', 'churn@v1.0.0', 'prod', '--push');
  expect(again).toMatchObject({ code: 0, stdout: `${TAG}\n`, stderr: 'you approved of it already\n' });
  const url = ['--repo', `file://${remote.dir}`];
  const far = await runReg(
    box,
    { cwd: box.root, env: bo.signing },
    'approve',
    'churn',
    'prod',
    ...url,
    '--json',
  );
  expect(JSON.parse(far.stdout)).toMatchObject([
    {
      artifact: 'churn',
      version: 'v1.0.0',
      stage: 'prod',
      commit: first,
      email: 'bo@example.com',
      pushed: true,
    },
  ]);
  const there = 'reg/approve/churn/v1.0.0/prod/bo%40example.com';
  expect(remote.tags()).toContain(there);
  expect(remote.git('cat-file', 'tag', there)).toContain('-----BEGIN SSH SIGNATURE-----');
});

test('it is of one commit', async () => {
  registry.commit();
  registry.git('push', '--quiet', 'origin', 'main');
  box.advance(60);
  await reg('deregister', 'churn@v1.0.0', '--push');
  expect((await reg('approve', 'churn@v1.0.0', 'prod')).stderr).toMatch(
    /^error: churn v1\.0\.0 is not registered any more\n/,
  );
  box.advance(60);
  await reg('register', 'churn', '--version', 'v1.0.0', '--push');
  expect(transcript(await reg('approve', 'churn@v1.0.0', 'prod', '--push'))).toMatchInlineSnapshot(`
    "$ reg approve churn@v1.0.0 prod --push
    -- stderr --
    error: your approval reg/approve/churn/v1.0.0/prod/ann%40example.com is of another commit than the version is now
    hint: approve of a version with a number of its own, or delete it where that is allowed: git push --delete origin refs/tags/reg/approve/churn/v1.0.0/prod/ann%40example.com
    -- exit 1 --
    "
  `);
});

test('what is not there cannot be approved of', async () => {
  for (const [args, code] of [
    [['approve', 'fraud@v1.0.0', 'prod'], 1],
    [['approve', 'churn@v9.0.0', 'prod'], 1],
    [['approve', 'churn@v1.0.0', 'eu/prod'], 2],
    [['approve', 'churn@v1.0.0', 'prod', '--version', 'v1.0.0'], 2],
  ] as const)
    expect((await reg(...args)).code, args.join(' ')).toBe(code);
});
