import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { jsonIn, regIn } from '../support/cli-here.js';
import { dvcConfig, dvcFile, pushTo, trackFile } from '../support/dvc-remote.js';
import { type Repository, sandbox } from '../support/repo.js';

const box = sandbox();
let count = 0;
let project: Repository;
let remote: string;
const [first, second] = [trackFile('first model'), trackFile('second model')];
beforeEach(() => {
  count += 1;
  remote = join(box.root, `remote-${count}`);
  project = box.repository(`project-${count}`);
  pushTo(remote, first);
  project.commit({
    '.gitignore': '/m\n',
    '.dvc/config': dvcConfig(remote),
    'dvc.yaml': 'artifacts: {churn: {path: m}}\n',
    'm.dvc': dvcFile('m', first),
  });
  write('m', 'first model');
});
const reg = (...args: string[]) => regIn(box, project.dir)(...args);
const write = (path: string, text: string): void => writeFileSync(join(project.dir, path), text);

test('unchanged since the latest version: nothing is registered', async () => {
  expect((await reg('register', 'churn')).stdout).toBe('churn@v0.0.1\n');
  project.commit({ 'README.md': 'more' });
  expect(await jsonIn(box, project.dir)('register', 'churn')).toMatchObject([
    { tag: 'churn@v0.0.1', created: false },
  ]);
});

test('changed and not added: refused', async () => {
  await reg('register', 'churn');
  write('m', 'SECOND model');
  const refused = await reg('register', 'churn');
  expect(refused.stderr).toMatch(
    /^error: m has other bytes than m\.dvc says\nhint: record them: dvc add m && git add m\.dvc && git commit; or /,
  );
  expect((await reg('register', 'churn', 'HEAD')).code).toBe(0);
});

test('added and not committed: refused', async () => {
  write('m', 'second model');
  write('m.dvc', dvcFile('m', second));
  expect(await reg('register', 'churn')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('error: m.dvc is changed and not committed'),
  });
  expect((await reg('assign', 'churn', 'prod')).code).toBe(1);
});

test('committed and not pushed: refused, unless --unlinked is given', async () => {
  project.commit({ 'm.dvc': dvcFile('m', second) });
  write('m', 'second model');
  const refused = await reg('register', 'churn');
  expect(refused.stderr).toMatch(
    /^error: the bytes of churn are not in the DVC remote: m \(md5 .*\nhint: push them first: dvc push; or add --unlinked\n$/,
  );
  expect((await reg('assign', 'churn', 'prod')).code).toBe(1);
  expect((await reg('register', 'churn', '--unlinked')).code).toBe(0);
});

test('pushed: registered without a warning, also where the model was not pulled', async () => {
  rmSync(join(project.dir, 'm'));
  expect(await reg('register', 'churn')).toMatchObject({
    code: 0,
    stderr: expect.not.stringContaining('warning'),
  });
});

test.each([
  ['no remote', '', []],
  ['a remote that is not read', dvcConfig('ssh://host/x'), []],
  ['offline', undefined, ['--offline']],
])('%s: registered with one warning', async (_, config, more) => {
  if (config !== undefined) project.commit({ '.dvc/config': config });
  const run = await reg('register', 'churn', ...more);
  expect(run).toMatchObject({ code: 0, stdout: 'churn@v0.0.1\n' });
  expect(run.stderr.match(/warning: .*DVC remote/g)).toHaveLength(1);
});
