import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { regIn, transcript } from '../support/cli-here.js';
import { type Repository, sandbox } from '../support/repo.js';
import { pasteFix } from './findings.js';
import { withRemote } from './registry.js';

const box = sandbox();
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/;

/** A registry whose bare remote asks a shell script before it takes a push (githooks(5), pre-receive). */
function withHook(name: string, script: string): { registry: Repository; remote: Repository } {
  const made = withRemote(box, name);
  const hook = join(made.remote.dir, 'hooks/pre-receive');
  writeFileSync(hook, `#!/bin/sh\n${script}\n`);
  chmodSync(hook, 0o755);
  return made;
}

test('a remote that refuses: its words, and no tag anywhere', async () => {
  const { registry, remote } = withHook('refuses', 'echo "Only Ann may push to prod." >&2; exit 1');
  expect(
    transcript(await regIn(box, registry.dir)('assign', 'churn', 'prod', '--push')),
  ).toMatchInlineSnapshot(`
    "$ reg assign churn prod --push
    -- stderr --
    error: origin refused the push: Only Ann may push to prod. (pre-receive hook declined)
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

test('another tag at the remote under the same name has to be settled first', async () => {
  const { registry, remote } = withRemote(box, 'moved');
  const reg = regIn(box, registry.dir);
  const oidOf = ({ git }: Repository): string => git('rev-parse', 'refs/tags/churn@v0.0.1');
  await reg('register', 'churn', '--push');
  remote.tag('churn@v0.0.1', 'Somebody moved it', '--force');
  remote.tag('fraud@v1.0.0', 'Another artifact', 'main');
  const [mine, theirs] = [registry, remote].map((side) => oidOf(side));
  const refused = await reg('assign', 'churn', 'prod', '--push');
  expect(transcript(refused)).toMatchInlineSnapshot(`
    "$ reg assign churn prod --push
    -- stderr --
    error: origin has other tags of churn than this repository under the same names: churn@v0.0.1
    hint: nothing was written; to take those of origin: git fetch --no-tags origin +refs/tags/churn@v0.0.1:refs/tags/churn@v0.0.1
    -- exit 1 --
    "
  `);
  expect([registry, remote].map((side) => oidOf(side))).toEqual([mine, theirs]);
  const [, fetch = ''] = /to take those of origin: (git .*)$/m.exec(refused.stderr) ?? [];
  pasteFix(box, registry, fetch);
  expect(await reg('assign', 'churn', 'prod', '--push')).toMatchObject({ stdout: 'churn#prod#1\n', code: 0 });
  expect(oidOf(registry)).toBe(theirs);
  expect(registry.tags()).not.toContain('fraud@v1.0.0');
});
