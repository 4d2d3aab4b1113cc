import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { regIn } from '../support/cli-here.js';
import { type Repository, sandbox } from '../support/repo.js';

const box = sandbox();
const page = readFileSync(new URL('../../docs/tag-format.md', import.meta.url), 'utf8');
let code: Repository;
let release = '';

/** A repository of code with a release, and behind it a registry in the same history. */
beforeAll(async () => {
  code = box.repository('code');
  code.commit({ 'main.py': 'print()', 'churn.bin': 'weights' });
  code.tag('v1.4.0');
  code.commit({ 'churn.model.yaml': 'source: {path: churn.bin}\n' });
  const reg = regIn(box, code.dir);
  for (const command of ['register churn', 'assign churn dev', 'approve churn@v0.0.1 prod'])
    expect((await reg(...command.split(' '))).code, command).toBe(0);
  code.commit();
  release = `v1.4.0-2-g${code.git('rev-parse', '--short', 'HEAD')}`;
});

/** A command as a shell has it, without its quotes. */
const words = (command: string): string[] => command.replaceAll("'", '').split(' ').slice(1);

test('git describe answers with a tag of the registry', () => {
  expect(code.git('describe', '--tags')).toMatch(/^(churn[@#]|reg\/approve\/)/);
});

test('each command of the documentation answers with the release', () => {
  const [, block = ''] = /```sh\n(git describe[^`]*)```/.exec(page) ?? [];
  const commands = block.trim().split('\n');
  expect(commands).toHaveLength(2);
  for (const command of commands) expect(code.git(...words(command)), command).toBe(release);
});

test('what the documentation configures for other tools does, too', () => {
  const [, scm = ''] = /describe_command = "([^"]+)"/.exec(page) ?? [];
  expect(code.git(...words(scm))).toBe(release);
  const [, releaser = ''] = /GORELEASER_CURRENT_TAG=\$\(([^)]+)\)/.exec(page) ?? [];
  expect(code.git(...words(releaser))).toBe('v1.4.0');
  // versioneer 0.29 with tag_prefix = v
  expect(page).toContain('`tag_prefix = v`');
  expect(code.git('describe', '--tags', '--dirty', '--always', '--long', '--match', 'v[[:digit:]]*')).toBe(
    release,
  );
});

test('semantic-release takes no tag of a registry', () => {
  // its own pattern for the default of tagFormat, `v${version}`
  expect(code.tags().filter((tag) => /^v(.+)/.test(tag))).toEqual(['v1.4.0']);
});
