import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { openRegistry } from '../../src/api.js';
import { regIn, transcript } from '../support/cli-here.js';
import { sandbox } from '../support/repo.js';
import { person } from '../support/signers.js';
import { withRemote } from './registry.js';

// `--verify` of which and load: events around the tool, of a person whom the policy does not allow

const box = sandbox();
const eve = person(box, 'Eve');
const { registry, remote } = withRemote(box, 'registry');
registry.commit({
  '.reg.yaml':
    'policy:\n  prod: {after: staging, by: [ann@example.com]}\n  staging: {by: [ann@example.com]}\n',
});
registry.git('push', '--quiet', 'origin', 'main');
const reg = regIn(box, registry.dir);

/** Makes a tag with git, by Eve. */
function forge(name: string, version: string): void {
  box.advance(60);
  const parent = registry.git(
    'for-each-ref',
    '--sort=-creatordate',
    '--count=1',
    '--format=%(objectname)',
    'refs/tags/churn*',
  );
  const message = `Message\n\nReg-Version: ${version}\nReg-Parent: ${parent}`;
  const env = { ...box.env, ...eve.env };
  spawnSync('git', ['tag', '-a', '-m', message, name, `churn@${version}^{}`], { cwd: registry.dir, env });
}

beforeAll(async () => {
  for (const args of [
    ['register', 'churn', '--version', 'v1.0.0'],
    ['assign', 'churn@v1.0.0', 'staging'],
    ['assign', 'churn@v1.0.0', 'prod'],
  ]) {
    box.advance(60);
    expect(await reg(...args, '--push')).toMatchObject({ code: 0 });
  }
  registry.commit({ 'README.md': 'Another one\n' });
  registry.git('push', '--quiet', 'origin', 'main');
  box.advance(60);
  await reg('register', 'churn', '--version', 'v1.1.0', '--push');
});

test('what the policy accepts is the answer, and no more', async () => {
  expect(await reg('which', 'churn', 'prod', '--verify')).toMatchObject({ stdout: 'v1.0.0\n', stderr: '' });
});

test('what it does not accept is passed over, and named', async () => {
  forge('churn#staging#3', 'v1.1.0');
  forge('churn#prod#4', 'v1.1.0');
  const runs = [
    await reg('which', 'churn', 'prod'),
    await reg('which', 'churn', 'prod', '--verify'),
    await reg('which', 'churn', 'staging', '--verify'),
  ];
  expect(transcript(...runs)).toMatchInlineSnapshot(`
    "$ reg which churn prod
    v1.1.0

    $ reg which churn prod --verify
    v1.0.0
    -- stderr --
    passed over churn#staging#3: eve@example.com may not change staging of churn
    passed over churn#prod#4: eve@example.com may not change prod of churn

    $ reg which churn staging --verify
    v1.0.0
    -- stderr --
    passed over churn#staging#3: eve@example.com may not change staging of churn
    "
  `);
});

test('what it says of all artifacts is judged too', async () => {
  const { stdout } = await reg('which', '#prod', '--verify', '--json');
  expect(JSON.parse(stdout)).toMatchObject([{ artifact: 'churn', version: 'v1.0.0' }]);
  expect((await reg('which', '#prod', '--json')).stdout).toContain('v1.1.0');
});

test('what takes a version out is judged too, and what rests on an event that is passed over', async () => {
  forge('churn#prod!#5', 'v1.0.0');
  expect((await reg('which', 'churn', 'prod', '--verify')).stdout).toBe('v1.0.0\n');
  // Ann herself assigns what came into staging by Eve
  box.advance(60);
  const parent = registry.git('rev-parse', 'churn#prod!#5');
  registry.git(
    'tag',
    '-a',
    '-m',
    `Message\n\nReg-Version: v1.1.0\nReg-Parent: ${parent}`,
    'churn#prod#6',
    'churn@v1.1.0^{}',
  );
  const { stdout, stderr } = await reg('which', 'churn', 'prod', '--verify');
  expect(stdout).toBe('v1.0.0\n');
  expect(stderr).toContain('passed over churn#prod#6: churn v1.1.0 was never in staging');
});

test('load and the library do the same, and so does verify: of the configuration', async () => {
  const passed: string[] = [];
  const opened = await openRegistry(registry.dir, { env: box.env });
  const onPassedOver = (tag: string): void => void passed.push(tag);
  expect(await opened.which('churn', 'prod', { verify: true, onPassedOver })).toMatchObject({
    version: 'v1.0.0',
  });
  expect(passed).toContain('churn#prod#4');
  const out = join(box.root, 'model');
  const loaded = await reg('load', 'churn#prod', '--verify', '-o', out, '--json');
  expect(JSON.parse(loaded.stdout)).toMatchObject({ version: 'v1.0.0' });
  expect((await reg('load', 'churn', '--verify', '-o', out)).code).toBe(2);
  const env = { ...box.env, REG_VERIFY: '1' };
  const far = await openRegistry(`file://${remote.dir}`, { env });
  registry.git('push', '--quiet', 'origin', '--tags');
  expect(await far.which('churn', 'prod')).toMatchObject({ version: 'v1.0.0' });
  writeFileSync(join(registry.dir, '.reg.yaml'), 'verify: true\n');
  expect((await reg('which', 'churn', 'prod')).stdout).toBe('v1.0.0\n');
  expect(JSON.parse((await reg('load', 'churn#prod', '-o', out, '--json')).stdout)).toMatchObject({
    version: 'v1.0.0',
  });
  registry.git('checkout', '--quiet', '.reg.yaml');
});

test('where a tag in the middle is gone, nothing is answered', async () => {
  registry.git('update-ref', '-d', 'refs/tags/churn#staging#1');
  expect(transcript(await reg('which', 'churn', 'prod', '--verify'))).toMatchInlineSnapshot(`
    "$ reg which churn prod --verify
    -- stderr --
    error: the events of churn cannot be trusted: churn#prod#2: <oid 1, short>, the event before churn#prod#2, is gone: the tag with counter 1 was deleted, after churn@v1.0.0
    hint: get what may be missing here with reg sync, and see: reg verify churn
    -- exit 1 --
    "
  `);
});

test('without the remote that has the policy, nothing is answered', async () => {
  rmSync(remote.dir, { recursive: true });
  expect((await reg('which', 'churn', 'prod', '--verify')).code).toBe(4);
});
