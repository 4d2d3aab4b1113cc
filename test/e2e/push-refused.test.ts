import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { regIn, transcript } from '../support/cli.js';
import { type Repository, sandbox } from '../support/repo.js';
import { mend } from './findings.js';
import { makeRegistry } from './registry.js';

const box = sandbox();
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/;

/** A registry whose bare remote asks a shell script before it takes a push (githooks(5), pre-receive). */
function withHook(name: string, script: string): { registry: Repository; remote: Repository } {
  const registry = makeRegistry(box, name, 'churn');
  const remote = box.repository(`${name}.git`, '--bare');
  registry.git('remote', 'add', 'origin', remote.dir);
  registry.git('push', '--quiet', 'origin', 'main');
  const hook = join(remote.dir, 'hooks/pre-receive');
  writeFileSync(hook, `#!/bin/sh\n${script}\n`);
  chmodSync(hook, 0o755);
  return { registry, remote };
}

test('a remote that refuses: its words, and no tag anywhere', async () => {
  const { registry, remote } = withHook('refuses', 'echo "Only Ann may push to prod." >&2; exit 1');
  expect(
    transcript(await regIn(box, registry.dir)('assign', 'churn', 'prod', '--push')),
  ).toMatchInlineSnapshot(`
    "$ reg assign churn prod --push
    -- stderr --
    error: origin refused the push: Only Ann may push to prod.
    hint: nothing was written; the server decides who may push which tags
    -- exit 4 --
    "
  `);
  expect([...registry.tags(), ...remote.tags()]).toEqual([]);
});

test('what a hook says comes out clean', async () => {
  const script = String.raw`printf 'No \033[31mred\033[0m \007 tags \033]0;title\007\n' >&2; exit 1`;
  const { registry } = withHook('nasty', script);
  for (const args of [['--push'], ['--push', '--json']]) {
    const { stdout, stderr, code } = await regIn(box, registry.dir)('register', 'churn', ...args);
    expect({ stdout, code }).toEqual({ stdout: '', code: 4 });
    expect(stderr).not.toMatch(CONTROL);
    expect(stderr).toMatch(/No .*red.* tags/);
  }
  expect(registry.tags()).toEqual([]);
});

test('two tags go together or not at all', async () => {
  const script =
    'while read -r old new ref; do case "$ref" in *"#prod#"*) echo "not to prod" >&2; exit 1;; esac; done';
  const { registry, remote } = withHook('together', script);
  const reg = regIn(box, registry.dir);
  expect(await reg('assign', 'churn', 'prod', '--push')).toMatchObject({ stdout: '', code: 4 });
  expect([...registry.tags(), ...remote.tags()]).toEqual([]);
  expect(await reg('assign', 'churn', 'dev', '--push')).toMatchObject({ code: 0 });
  expect(remote.tags()).toEqual(['churn#dev#1', 'churn@v0.0.1']);
});

test('a deletion that the remote refuses deletes nothing here', async () => {
  const script =
    'while read -r old new ref; do case "$new" in *[1-9a-f]*) ;; *) echo "tags stay" >&2; exit 1;; esac; done';
  const { registry, remote } = withHook('stay', script);
  const reg = regIn(box, registry.dir);
  expect((await reg('assign', 'churn', 'prod', '--push')).code).toBe(0);
  const run = await reg('unassign', 'churn', 'prod', '--delete', '--yes', '--push');
  expect(run).toMatchObject({ stdout: '', code: 4, stderr: expect.stringContaining('tags stay') });
  expect(registry.tags()).toEqual(remote.tags());
  expect(registry.tags()).toHaveLength(2);
});

test('a name that is taken at the remote', async () => {
  const { registry, remote } = withHook('taken', 'exit 0');
  remote.tag('churn@v0.0.1', 'Somebody was faster', 'main');
  const before = remote.git('rev-parse', 'refs/tags/churn@v0.0.1');
  const run = await regIn(box, registry.dir)('register', 'churn', '--push');
  expect(transcript(run)).toMatchInlineSnapshot(`
    "$ reg register churn --push
    -- stderr --
    error: origin has tags of churn that this repository lacks or holds otherwise: churn@v0.0.1
    hint: nothing was written; get them first: git fetch --no-tags origin +refs/tags/churn@v0.0.1:refs/tags/churn@v0.0.1
    -- exit 1 --
    "
  `);
  expect(registry.tags()).toEqual([]);
  expect(remote.git('rev-parse', 'refs/tags/churn@v0.0.1')).toBe(before);
  registry.git('fetch', '--quiet', 'origin', '--tags');
  registry.commit();
  const next = await regIn(box, registry.dir)('register', 'churn', '--push');
  expect(next).toMatchObject({ stdout: 'churn@v0.0.2\n', code: 0 });
});

test('of two clones that push the same number one is refused, and is right after a fetch', async () => {
  const { registry, remote } = withHook('clones', 'exit 0');
  registry.git('clone', '--quiet', remote.dir, join(box.root, 'other'));
  // the same tag object from both would be as good as one
  const [here, there] = [
    regIn(box, registry.dir),
    regIn(box, join(box.root, 'other'), { GIT_COMMITTER_NAME: 'Bo' }),
  ];
  const runs = await Promise.all([here, there].map((reg) => reg('assign', 'churn', 'prod', '--push')));
  expect(runs.map(({ code }) => code).sort()).toEqual([0, 1]);
  expect(remote.tags()).toEqual(['churn#prod#1', 'churn@v0.0.1']);
  const [loser, clone] = runs[0]?.code === 1 ? [here, registry] : [there, box.at('other')];
  expect(clone.tags()).toEqual([]);
  clone.git('fetch', '--quiet', 'origin', '--tags');
  expect((await loser('assign', 'churn', 'prod', '--push')).stderr).toBe(
    'churn v0.0.1 already is current in prod\n',
  );
});

test('a clone that lacks an event of the artifact at the remote has to get it first', async () => {
  const { registry, remote } = withHook('behind', 'exit 0');
  remote.tag('churn@v1.0.0', 'Somebody was faster', 'main');
  remote.tag('fraud@v1.0.0', 'Another artifact', 'main');
  registry.commit();
  const reg = regIn(box, registry.dir);
  const refused = await reg('register', 'churn', '--push');
  expect(refused).toMatchObject({ stdout: '', code: 1, stderr: expect.stringContaining('churn@v1.0.0') });
  expect(refused.stderr).not.toContain('fraud');
  expect(registry.tags()).toEqual([]);
  const [, fetch = ''] = /get them first: (git .*)$/m.exec(refused.stderr) ?? [];
  mend(box, registry, fetch);
  expect(await reg('register', 'churn', '--push')).toMatchObject({ stdout: 'churn@v1.0.1\n', code: 0 });
});
