import { join } from 'node:path';
import { expect, test } from 'vitest';
import { regIn, transcript } from '../support/cli-here.js';
import { type Repository, sandbox } from '../support/repo.js';
import { withRemote } from './registry.js';

const box = sandbox();

/** How a clone fetches from a mirror and pushes to the remote itself. */
const WAYS: readonly [string, (registry: Repository, remote: Repository, mirror: Repository) => void][] = [
  [
    'pushurl',
    ({ git }, remote, mirror) => {
      git('remote', 'set-url', 'origin', mirror.dir);
      git('remote', 'set-url', '--push', 'origin', remote.dir);
    },
  ],
  [
    'pushInsteadOf',
    ({ git }, remote, mirror) => {
      git('remote', 'set-url', 'origin', mirror.dir);
      git('config', `url.${remote.dir}.pushInsteadOf`, mirror.dir);
    },
  ],
  [
    'insteadOf for fetches alone',
    ({ git }, remote, mirror) => {
      git('config', `url.${mirror.dir}.insteadOf`, remote.dir);
      git('config', `url.${remote.dir}.pushInsteadOf`, remote.dir);
    },
  ],
];

/** A registry whose remote has an event that its mirror does not have yet. */
function withMirror(way: string) {
  const { registry, remote } = withRemote(box, way.replaceAll(' ', '-'));
  remote.git('clone', '--quiet', '--mirror', '.', join(box.root, `${way}-mirror.git`));
  const mirror = box.at(`${way}-mirror.git`);
  remote.tag('churn@v1.0.0', 'Written elsewhere', 'main');
  for (const [name, configure] of WAYS) if (way.startsWith(name)) configure(registry, remote, mirror);
  return { registry, remote, mirror, reg: regIn(box, registry.dir) };
}

test.each(WAYS)('a write is decided and read back where it is pushed: %s', async (way) => {
  const { registry, remote, mirror, reg } = withMirror(way);
  registry.commit({ 'model.bin': 'another' });
  box.advance(60);
  expect(await reg('register', 'churn', '--push')).toMatchObject({ stdout: 'churn@v1.0.1\n', code: 0 });
  expect(await reg('assign', 'churn@v1.0.0', 'prod', '--push')).toMatchObject({ code: 0 });
  expect(await reg('approve', 'churn@v1.0.1', 'prod', '--push')).toMatchObject({ code: 0 });
  expect(remote.tags()).toHaveLength(4);
  expect(registry.tags()).toEqual(remote.tags());
  expect(mirror.tags()).toEqual([]);
  expect(await reg('status')).toMatchObject({ stdout: '', code: 0 });
});

test('a sync looks where it pushes', async () => {
  const { registry, remote, reg } = withMirror('pushurl of a sync');
  registry.tag('churn#prod#1', 'Written here');
  expect(await reg('sync')).toMatchObject({ code: 0 });
  expect(registry.tags()).toEqual(['churn#prod#1', 'churn@v1.0.0']);
  expect(remote.tags()).toEqual(registry.tags());
});

test('a registry at a URL whose pushes go elsewhere', async () => {
  const { registry, remote, mirror } = withMirror('url');
  registry.git('config', '--global', `url.file://${remote.dir}.pushInsteadOf`, `file://${mirror.dir}`);
  const run = await regIn(box, box.root)('assign', 'churn@v1.0.0', 'prod', '--repo', `file://${mirror.dir}`);
  registry.git('config', '--global', '--remove-section', `url.file://${remote.dir}`);
  expect(run).toMatchObject({ stdout: 'churn#prod#1\n', code: 0 });
  expect(remote.tags()).toEqual(['churn#prod#1', 'churn@v1.0.0']);
});

test('pushes that go to several addresses are refused before anything is decided', async () => {
  const { registry, remote, mirror, reg } = withMirror('several');
  for (const { dir } of [remote, mirror]) registry.git('remote', 'set-url', '--push', '--add', 'origin', dir);
  const runs = [
    await reg('register', 'churn', '--push', '--dry-run'),
    await reg('register', 'churn', '--push'),
    await reg('sync'),
  ];
  expect(transcript(...runs)).toMatchInlineSnapshot(`
    "$ reg register churn --push --dry-run
    -- stderr --
    error: pushes to origin go to several addresses, and a write is decided at one: <tmp>/several.git, <tmp>/several-mirror.git
    hint: keep one of them, and push to the others with git: git config --replace-all remote.origin.pushurl <tmp>/several.git
    -- exit 1 --

    $ reg register churn --push
    -- stderr --
    error: pushes to origin go to several addresses, and a write is decided at one: <tmp>/several.git, <tmp>/several-mirror.git
    hint: keep one of them, and push to the others with git: git config --replace-all remote.origin.pushurl <tmp>/several.git
    -- exit 1 --

    $ reg sync
    -- stderr --
    error: pushes to origin go to several addresses, and a write is decided at one: <tmp>/several.git, <tmp>/several-mirror.git
    hint: keep one of them, and push to the others with git: git config --replace-all remote.origin.pushurl <tmp>/several.git
    -- exit 1 --
    "
  `);
  expect([...registry.tags(), ...mirror.tags()]).toEqual([]);
  expect((await reg('register', 'churn')).code).toBe(0);
  const [, fix = ''] = /with git: git (.*)$/m.exec(runs[1]?.stderr ?? '') ?? [];
  registry.git(...fix.split(' '));
  expect((await reg('register', 'churn', '--push')).code).toBe(0);
  expect(remote.tags()).toEqual(registry.tags());
});
