import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { regIn } from '../support/cli-here.js';
import { sandbox } from '../support/repo.js';
import { makeRegistry, tagHourly } from './registry.js';

// v1.2.0 and v2.0.0 on main; a branch that leaves it at v1.2.0, as for a fix of an older line

const box = sandbox();
const registry = makeRegistry(box, 'registry', 'churn');
const reg = regIn(box, registry.dir);
tagHourly(box, registry, 'churn@v1.2.0');
registry.commit();
tagHourly(box, registry, 'churn@v2.0.0');
registry.git('branch', 'main-next');
registry.git('checkout', '--quiet', '-b', 'fix', 'churn@v1.2.0');
registry.commit({ 'model.bin': 'a model, put right' });

const countOf = async (trace: string, ...args: string[]): Promise<number> => {
  const file = join(box.root, trace);
  expect((await regIn(box, registry.dir, { GIT_TRACE: file })(...args)).code).toBe(0);
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => /trace: built-in/.test(line)).length;
};

test('an older line goes on with --from', async () => {
  const { stdout, stderr } = await reg('register', 'churn', '--from', 'v1.2.0', '--dry-run');
  expect(stdout).toBe('churn@v1.2.1\n');
  expect(stderr).not.toContain('descends');
});

test('a pre-release of it', async () => {
  const args = ['--from', '1.2.0', '--bump', 'prerelease', '--preid', 'rc', '--dry-run'];
  expect((await reg('register', 'churn', ...args)).stdout).toBe('churn@v1.2.1-rc.0\n');
});

test('without --from the latest is raised, and a note says that the commit descends from another line', async () => {
  const { stdout, stderr } = await reg('register', 'churn', '--dry-run');
  expect(stdout).toBe('churn@v2.0.1\n');
  expect(stderr).toContain(
    'v2.0.1 raises the latest, v2.0.0; the commit descends from v1.2.0 and not from it, whose line is raised with --from v1.2.0',
  );
  expect((await reg('assign', 'churn', 'dev', '--dry-run')).stderr).toContain('descends from v1.2.0');
});

test('a commit that descends from the latest costs one question to git', async () => {
  registry.git('checkout', '--quiet', 'main-next');
  registry.commit({ 'model.bin': 'a third model' });
  const asked = await countOf('plain.trace', 'register', 'churn', '--dry-run');
  const named = await countOf('named.trace', 'register', 'churn', '--version', '2.0.1', '--dry-run');
  expect(asked - named).toBe(1);
});

test.each([
  [['--version', 'v3.0.0', '--from', 'v1.2.0'], 'leave out the version or --from'],
  [['--preid', 'rc'], 'add --bump prerelease'],
  [['--from', 'v1.3.0'], 'has no version v1.3.0'],
])('%j is refused', async (args, message) => {
  const { code, stderr } = await reg('register', 'churn', ...args);
  expect(code).not.toBe(0);
  expect(stderr).toContain(message);
});
