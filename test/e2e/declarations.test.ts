import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { jsonIn, regIn } from '../support/cli-here.js';
import { dvcConfig, dvcFile, dvcLock, pushTo, trackFile } from '../support/dvc-remote.js';
import { type Repository, sandbox } from '../support/repo.js';
import { pairs } from '../support/soak.js';

const box = sandbox();
let count = 0;
let project: Repository;
let remote: string;
beforeEach(() => {
  count += 1;
  remote = join(box.root, `remote-${count}`);
  project = box.repository(`project-${count}`);
  project.commit({ 'README.md': '' });
});
const reg = (...args: string[]) => regIn(box, project.dir)(...args);
const json = (...args: string[]) => jsonIn(box, project.dir)(...args);
const [first, second] = [trackFile('first model'), trackFile('second model')];

/** Each row with all of its checks in the soak, with one of them by turns else. */
const inTurns = <Check>(table: readonly string[][], checks: Record<string, Check>) =>
  pairs(table, Object.entries(checks)).map(
    ([[what = '', ...row], [name, check]]) => [what, name, row, check] as const,
  );

describe('a file that cannot be read hides nothing else', () => {
  const UNREADABLE = [
    [
      'a key that is there twice',
      'artifacts: {}\nartifacts: {}\n',
      "dvc.yaml:2 cannot be read: the key 'artifacts' is repeated",
    ],
    ['two documents', 'artifacts: {}\n---\nartifacts: {}\n', 'dvc.yaml:'],
    [
      'conflict markers',
      '<<<<<<< HEAD\nartifacts: {}\n=======\n>>>>>>> other\n',
      'dvc.yaml:1 cannot be read',
    ],
  ];
  const checks = {
    doctor: async () =>
      expect(await json('doctor')).toMatchObject([
        { level: 'error', check: 'declaration', subject: 'dvc.yaml' },
      ]),
    validate: async () =>
      expect(await reg('validate')).toMatchObject({
        code: 1,
        stdout: expect.stringMatching(/^dvc\.yaml:\d+: error: .*\[declaration-read\]\n$/),
      }),
    register: async () => {
      expect((await reg('register', 'churn')).stdout).toBe('churn@v0.0.1\n');
      // what the file may declare is not known
      expect((await reg('register', 'other')).stderr).toContain('error: dvc.yaml');
    },
  };
  test.each(inTurns(UNREADABLE, checks))('%s: %s', async (_what, _name, [text = '', warning], check) => {
    project.commit({ 'dvc.yaml': text, 'artifacts.yaml': 'churn: {path: m.bin}\n', 'm.bin': 'bytes' });
    const shown = await reg('show');
    expect(shown).toMatchObject({ code: 0, stderr: expect.stringContaining(`warning: ${warning}`) });
    expect(shown.stdout).toContain('churn');
    await check();
  });

  test('a long dvc.yaml can be read', async () => {
    const stages = Array.from({ length: 4000 }, (_, n) => `  s${n}: {cmd: python train.py --seed ${n}}\n`);
    project.commit({ 'dvc.yaml': `stages:\n${stages.join('')}artifacts: {churn: {path: README.md}}\n` });
    expect((await reg('show')).stdout).toContain('churn');
    expect(await reg('doctor')).toMatchObject({ code: 0, stdout: '' });
  });
});

describe('artifacts.yaml', () => {
  const OTHERS = [
    ['project: {name: x}\nkind: y\n'],
    ['churn: {path: m, images: [a]}\n'],
    ['- a\n'],
    ['text\n'],
  ];
  const checks = {
    show: async () => expect((await reg('show')).stdout).toBe(''),
    doctor: async () =>
      expect(await json('doctor')).toMatchObject([{ level: 'info', subject: 'artifacts.yaml' }]),
    validate: async () => expect(await reg('validate')).toMatchObject({ code: 0, stdout: '' }),
  };
  test.each(inTurns(OTHERS, checks))(
    'of another tool declares nothing: %j: %s',
    async (text, _name, _row, check) => {
      project.commit({ 'artifacts.yaml': text });
      await check();
    },
  );

  test('an entry without a path is declared, and leads nowhere', async () => {
    project.commit({ 'artifacts.yaml': 'churn: {type: model}\naway: {path: "s3://bucket/m.bin"}\n' });
    expect((await reg('show')).stdout).toMatch(/away.*\nchurn/);
    for (const [name, why] of [
      ['churn', "error: the artifact 'churn' of artifacts.yaml has no path"],
      ['away', "error: the artifact 'away' of artifacts.yaml has the path s3://bucket/m.bin, a URL"],
    ] as const) {
      expect((await reg('load', name)).stderr).toContain(why);
      expect(await json('describe', name)).toMatchObject({ declaredBy: 'annotation', digest: null });
    }
    expect(await json('doctor')).toMatchObject([
      { level: 'error', message: expect.stringContaining('s3://') },
    ]);
  });
});

describe('nothing to check', () => {
  test('is a note', async () => {
    expect(await reg('validate')).toMatchObject({
      code: 0,
      stderr: 'there is nothing to check: no file declares an artifact\n',
    });
    project.commit({ '.reg.yaml': 'links: optional\n' });
    expect((await reg('validate')).code).toBe(0);
  });

  test('is an error where links are required', async () => {
    project.commit({ '.reg.yaml': 'links: required\n' });
    expect(await reg('validate')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('[config-links]'),
    });
  });
});

describe('a model that DVC has', () => {
  beforeEach(() => {
    pushTo(remote, first);
    project.commit({ '.dvc/config': dvcConfig(remote) });
  });

  test('is loaded where a template and a pointer elsewhere lead', async () => {
    project.commit({
      'tree/dvc.yaml': `artifacts: {tree: {path: "../models/\${best}.pkl"}}
`,
      'tree/params.yaml': 'best: rf\n',
      'train.dvc': dvcFile('models/rf.pkl', first),
    });
    expect((await reg('register', 'tree:tree')).code).toBe(0);
    expect((await reg('load', 'tree:tree@v0.0.1', '-o', '-')).stdout).toBe('first model');
    expect(await json('describe', 'tree:tree')).toMatchObject({
      path: 'models/rf.pkl',
      digest: `md5:${first.md5}`,
    });
  });

  test('differs by its md5', async () => {
    project.commit({ 'dvc.yaml': 'artifacts: {churn: {path: m}}\n', 'm.dvc': dvcFile('m', first) });
    await reg('register', 'churn');
    project.commit({ 'm.dvc': dvcFile('m', second) });
    await reg('register', 'churn', '--unlinked');
    expect(await json('diff', 'churn@v0.0.1', 'churn@v0.0.2')).toMatchObject({
      same: false,
      changes: [{ section: 'bytes', name: 'digest', from: `md5:${first.md5}`, to: `md5:${second.md5}` }],
    });
  });

  test('is asked for with --bytes', async () => {
    project.commit({ 'dvc.yaml': 'artifacts: {churn: {path: m}}\n', 'm.dvc': dvcFile('m', first) });
    await reg('assign', 'churn', 'prod');
    expect((await reg('doctor', '--bytes')).code).toBe(0);
    project.commit({ 'm.dvc': dvcFile('m', second) });
    await reg('register', 'churn', '--unlinked');
    await reg('assign', 'churn@v0.0.2', 'prod');
    expect(await json('doctor', '--bytes')).toMatchObject([
      { level: 'error', check: 'bytes', subject: 'churn', message: expect.stringContaining('are not there') },
    ]);
    expect(await reg('validate', '--bytes')).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^refs\/tags\/churn#prod#2:1: error: .*\[tag-bytes\]\n$/),
    });
    expect((await reg('validate')).code).toBe(0);
  });

  test('in a file of DVC 1 is read, with a note', async () => {
    project.commit({
      'dvc.lock': dvcLock({ train: ['m', first] }, 1),
      'artifacts.yaml': 'churn: {path: m}\n',
    });
    expect((await reg('load', 'churn', '-o', '-')).stdout).toBe('first model');
    expect(await json('doctor')).toMatchObject([{ level: 'info', subject: 'dvc.lock' }]);
    expect(await reg('validate')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('[declaration-old]'),
    });
  });

  test('whose dvc.lock has conflict markers is refused', async () => {
    const lock = `<<<<<<< HEAD\n${dvcLock({ train: ['m', first] })}=======\n>>>>>>> other\n`;
    project.commit({ 'dvc.lock': lock, 'artifacts.yaml': 'churn: {path: m}\n' });
    expect((await reg('register', 'churn')).stderr).toContain(
      'dvc.lock:1: it has the conflict markers of a merge',
    );
    expect((await reg('validate')).stdout).toMatch(/^dvc\.lock:1: error: .*\[declaration-read\]\n$/);
  });
});
