import { cpSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { jsonIn, type Run, regIn } from '../support/cli-here.js';
import { type Repository, sandbox } from '../support/repo.js';
import { pairs } from '../support/soak.js';
import { sha256 } from './registry.js';

// A version means bytes: docs/specification.md, 3 State.

const box = sandbox();
let count = 0;
let registry: Repository;
let reg: (...args: string[]) => Promise<Run>;
let json: (...args: string[]) => Promise<unknown>;

beforeEach(() => {
  count += 1;
  registry = box.repository(`registry-${count}`);
  reg = regIn(box, registry.dir);
  json = jsonIn(box, registry.dir);
});

const refused = async (run: Promise<Run>): Promise<string> => {
  const { code, stderr, stdout } = await run;
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  return stderr;
};
/** Registers v0.0.1 of churn in the registry, which has these files in its first commit: once, and each time a copy of that. */
function registered(files: Readonly<Record<string, string>>): () => Promise<void> {
  let made: string | undefined;
  return async () => {
    if (made === undefined) {
      registry.commit(files);
      expect((await reg('register', 'churn')).stdout).toBe('churn@v0.0.1\n');
      made = `${registry.dir}-as-made`;
      cpSync(registry.dir, made, { recursive: true });
    } else {
      rmSync(registry.dir, { recursive: true });
      cpSync(made, registry.dir, { recursive: true });
    }
  };
}

const OWN = 'source:\n  path: models/m.bin\n';

describe('a link to another repository', () => {
  test('without a rev is pinned to what the default branch of the source is now', async () => {
    const source = box.repository(`source-${count}`, '--initial-branch=trunk');
    const commit = source.commit({ 'm.bin': 'one' });
    source.git('branch', 'another');
    const row = await json('link', 'm.bin', 'churn', '--source', source.dir);
    expect(row).toMatchObject({ commit, sha256: sha256('one'), size: 3 });
    const text = readFileSync(join(registry.dir, 'churn.model.yaml'), 'utf8');
    expect(text).toContain('rev: trunk');
    registry.commit();
    expect((await reg('register', 'churn')).stdout).toBe('churn@v0.0.1\n');
    source.commit({ 'm.bin': 'two' });
    const loaded = await reg('load', 'churn@v0.0.1', '-o', '-');
    expect(loaded.stdout).toBe('one');
  });

  test('of a detached HEAD is pinned to the commit', async () => {
    const source = box.repository(`source-${count}`);
    const commit = source.commit({ 'm.bin': 'one' });
    source.commit({ 'm.bin': 'two' });
    source.git('checkout', '--quiet', '--detach', commit);
    expect(await json('link', 'm.bin', 'churn', '--source', source.dir)).toMatchObject({ commit });
    expect(readFileSync(join(registry.dir, 'churn.model.yaml'), 'utf8')).toContain(`rev: ${commit}`);
  });

  test.each([
    ['source: {repo: ../elsewhere, path: m.bin}', 'source.commit'],
    ['source: {repo: ../elsewhere, path: m.bin, rev: main}', 'source.commit'],
    [`source: {repo: ../elsewhere, path: m.bin, rev: main, commit: ${'a'.repeat(40)}}`, 'sha256'],
    ['source: {url: "https://models.example.com/m.bin"}', 'sha256'],
    ['source: {path: m.bin, rev: main}', 'source.commit'],
  ])('that is not pinned is not registered: %s', async (text, missing) => {
    registry.commit({ 'churn.model.yaml': `${text}\n`, 'm.bin': 'one' });
    const said = await refused(reg('register', 'churn'));
    expect(said).toContain(`has no ${missing}`);
    expect(said).toContain('reg update churn');
    await refused(reg('assign', 'churn', 'dev'));
    expect(registry.tags()).toEqual([]);
    expect((await reg('register', 'churn', '--unlinked')).stdout).toBe('churn@v0.0.1\n');
  });

  test('update pins a link without a rev to the default branch', async () => {
    const source = box.repository(`source-${count}`);
    const commit = source.commit({ 'm.bin': 'one' });
    registry.commit({ 'churn.model.yaml': `source: {repo: ../source-${count}, path: m.bin}\n` });
    expect(await json('update')).toMatchObject([{ to: commit, sha256: sha256('one'), changed: true }]);
    registry.commit();
    expect((await reg('validate')).stdout).not.toContain('link-rev');
    expect((await reg('register', 'churn')).code).toBe(0);
  });
});

describe('a model of the registry itself', () => {
  beforeEach(() => registry.commit({ 'models/m.bin': 'one' }));

  test('has a link of one key; one commit holds model and link, and each version is one commit', async () => {
    expect(await json('link', 'models/m.bin', 'churn')).toMatchObject({ commit: null, sha256: null });
    expect(readFileSync(join(registry.dir, 'churn.model.yaml'), 'utf8')).toMatch(
      /source:\n {2}path: models\/m.bin\n/,
    );
    registry.commit();
    expect((await reg('validate')).code).toBe(0);
    expect((await reg('register', 'churn')).stdout).toBe('churn@v0.0.1\n');
    registry.commit({ 'models/m.bin': 'two' });
    expect((await reg('outdated')).code).toBe(0);
    expect(await json('update')).toMatchObject([{ changed: false }]);
    expect((await reg('register', 'churn')).stdout).toBe('churn@v0.0.2\n');
    for (const [version, bytes] of [
      ['v0.0.1', 'one'],
      ['v0.0.2', 'two'],
    ] as const) {
      expect((await reg('load', `churn@${version}`, '-o', '-')).stdout).toBe(bytes);
      const blob = registry.git('rev-parse', `churn@${version}:models/m.bin`);
      expect(await json('describe', `churn@${version}`)).toMatchObject({ digest: `git:${blob}` });
    }
    expect(await json('diff', 'churn@v0.0.1', 'churn@v0.0.2')).toMatchObject({
      same: false,
      changes: [{ section: 'bytes', name: 'digest' }],
    });
  });

  test('is linked and checked before it is committed', async () => {
    writeFileSync(join(registry.dir, 'new.bin'), 'new');
    expect((await reg('link', 'new.bin', 'churn')).code).toBe(0);
    expect((await reg('validate')).code).toBe(0);
    const { code, stderr } = await reg('link', 'none.bin', 'other');
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('there is no none.bin') });
  });

  test('a digest in its link is optional and must be right', async () => {
    registry.commit({ 'churn.model.yaml': `${OWN}sha256: ${sha256('one')}\n` });
    expect((await reg('register', 'churn')).code).toBe(0);
    registry.commit({ 'models/m.bin': 'two' });
    expect(await refused(reg('register', 'churn'))).toContain('are not those that its link promises');
    expect((await reg('validate')).code).toBe(1);
    expect(await json('update')).toMatchObject([{ changed: true, sha256: sha256('two') }]);
    registry.commit();
    expect((await reg('register', 'churn')).stdout).toBe('churn@v0.0.2\n');
  });

  test('a path that the commit does not have is refused', async () => {
    registry.commit({ 'churn.model.yaml': 'source: {path: models/none.bin}\n' });
    expect(await refused(reg('register', 'churn'))).toContain('models/none.bin');
    expect((await reg('validate')).code).toBe(1);
    expect((await reg('register', 'churn', '--unlinked')).code).toBe(0);
  });

  test('damaged bytes in git are not loaded', async () => {
    registry.commit({ 'churn.model.yaml': OWN });
    await reg('register', 'churn');
    const blob = registry.git('rev-parse', 'HEAD:models/m.bin');
    const other = registry.git('hash-object', '-w', 'churn.model.yaml');
    const at = (oid: string): string => join(registry.dir, '.git/objects', oid.slice(0, 2), oid.slice(2));
    const { chmodSync } = await import('node:fs');
    chmodSync(at(blob), 0o644);
    writeFileSync(at(blob), readFileSync(at(other)));
    expect((await reg('load', 'churn@v0.0.1', '-o', '-')).code).toBe(1);
  });
});

describe('what the work tree has and HEAD does not', () => {
  const make = registered({ 'models/m.bin': 'one', 'churn.model.yaml': OWN, 'other.txt': 'x' });
  beforeEach(async () => {
    await make();
    registry.commit({ 'models/m.bin': 'two' });
  });

  test.each(['models/m.bin', 'churn.model.yaml'])(
    'a change of %s has to be committed first',
    async (path) => {
      writeFileSync(join(registry.dir, path), path === 'models/m.bin' ? 'three' : `${OWN}description: x\n`);
      const writes = [
        ['register', 'churn'],
        ['assign', 'churn', 'prod'],
      ];
      for (const [args, place] of pairs(writes, ['work tree', 'index'])) {
        if (place === 'index') registry.git('add', path);
        expect(await refused(reg(...args))).toContain(`${path} is not committed`);
        if (place === 'index') registry.git('reset', '--quiet');
      }
      expect((await reg('register', 'churn', 'HEAD')).stdout).toBe('churn@v0.0.2\n');
    },
  );

  test('other files may differ', async () => {
    writeFileSync(join(registry.dir, 'other.txt'), 'y');
    expect((await reg('register', 'churn')).stdout).toBe('churn@v0.0.2\n');
  });
});

describe('a version of nothing new', () => {
  const make = registered({ 'models/m.bin': 'one', 'churn.model.yaml': OWN });
  beforeEach(async () => {
    await make();
    registry.commit({ 'other.bin': 'another model' });
  });

  test('is not registered: the answer is the version that has the bytes', async () => {
    const { code, stdout, stderr } = await reg('register', 'churn');
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'churn@v0.0.1\n' });
    expect(stderr).toContain('churn v0.0.1 has these bytes already');
    expect(await json('register', 'churn')).toMatchObject([{ tag: 'churn@v0.0.1', created: false }]);
    expect(await json('register', 'churn', '--dry-run')).toMatchObject([{ created: false }]);
    expect(registry.tags()).toEqual(['churn@v0.0.1']);
  });

  test('is assigned as the version that has the bytes', async () => {
    expect(await json('assign', 'churn', 'dev')).toMatchObject([
      { event: 'assignment', version: 'v0.0.1', created: true },
    ]);
    expect(await json('assign', 'churn', 'dev')).toMatchObject([{ tag: 'churn#dev#1', created: false }]);
  });

  test('is registered where a number is asked for', async () => {
    const { code, stdout, stderr } = await reg('register', 'churn', '--bump', 'minor');
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'churn@v0.1.0\n' });
    expect(stderr).toContain('these are the bytes of churn v0.0.1');
    registry.commit();
    expect((await reg('register', 'churn', '--version', '3.0.0')).stdout).toBe('churn@v3.0.0\n');
  });

  test('a change of the declaration alone is something new', async () => {
    registry.commit({ 'churn.model.yaml': `${OWN}description: better\n` });
    expect((await reg('register', 'churn')).stdout).toBe('churn@v0.0.2\n');
  });

  test('where no bytes are known, each commit is a version', async () => {
    registry.commit({ 'artifacts.yaml': 'plain: {type: model}\n' });
    expect((await reg('register', 'plain')).stdout).toBe('plain@v0.0.1\n');
    expect(await json('register', 'plain')).toMatchObject([{ tag: 'plain@v0.0.1', created: false }]);
    registry.commit();
    expect((await reg('register', 'plain')).stdout).toBe('plain@v0.0.2\n');
  });
});

describe('numbers', () => {
  beforeEach(() => registry.commit({ 'artifacts.yaml': 'churn: {type: model}\n' }));

  test('a version may stand where a rev does', async () => {
    expect((await reg('register', 'churn', '1.2.0')).stdout).toBe('churn@v1.2.0\n');
    registry.commit();
    expect((await reg('register', 'churn', 'v1.3.0')).stdout).toBe('churn@v1.3.0\n');
    registry.tag('v1.4.0', 'a tag', 'HEAD~1');
    registry.commit();
    const row = await json('register', 'churn', 'v1.4.0', '--version', 'v2.0.0', '--force');
    expect(row).toMatchObject([{ version: 'v2.0.0', commit: registry.git('rev-parse', 'HEAD~2') }]);
  });

  test.each([
    ['1.2', 'the third is missing', 'v1.2.0'],
    ['v3', 'two are missing', 'v3.0.0'],
  ])('a version of too few numbers says which is missing: %s', async (text, why, whole) => {
    const { code, stderr } = await reg('register', 'churn', '--version', text);
    expect(code).toBe(2);
    expect(stderr).toContain(why);
    expect(stderr).toContain(whole);
  });

  test.each([
    ['major', 'v1.0.0'],
    ['minor', 'v0.1.0'],
    ['patch', 'v0.0.1'],
  ])('a first version with --bump %s is %s', async (part, first) => {
    expect((await reg('register', 'churn', '--bump', part)).stdout).toBe(`churn@${first}\n`);
  });

  test('a release candidate is released at its own commit', async () => {
    await reg('register', 'churn', '--version', 'v1.0.0-rc.1');
    expect((await reg('register', 'churn', '--bump', 'release')).stdout).toBe('churn@v1.0.0\n');
    const { code, stderr } = await reg('register', 'churn', '--bump', 'release', '--force');
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('is no pre-release') });
  });
});

describe('metrics and params that people wrote', () => {
  beforeEach(async () => {
    registry.commit({ 'models/m.bin': 'one' });
    registry.commit({
      'churn.model.yaml': `${OWN}sha256: ${sha256('one')}\nparams: {alpha: 1, depth: 3}\nmetrics: {rmse: 0.5}\n`,
    });
    registry.commit({ 'models/m.bin': 'two' });
  });

  test('do not survive a change of the bytes unnoticed', async () => {
    writeFileSync(join(registry.dir, 'metrics.json'), '{"rmse": 0.4, "auc": {"test": 0.9}}');
    const { stderr } = await reg('update', '--param', 'depth=4');
    expect(stderr).toContain('rmse, alpha described the old bytes of churn and were dropped');
    expect(await json('describe', 'churn', '--rev', registry.commit())).toMatchObject({
      params: { depth: 4 },
      metrics: null,
    });
    registry.commit({ 'models/m.bin': 'three' });
    expect(await json('update', '--metrics', 'metrics.json')).toMatchObject([{ dropped: ['depth'] }]);
    registry.commit();
    expect(await json('describe', 'churn')).toMatchObject({ metrics: { rmse: 0.4, 'auc.test': 0.9 } });
  });

  test('are kept where that is asked for', async () => {
    expect(await json('update', '--keep-metadata')).toMatchObject([{ dropped: [], changed: true }]);
    registry.commit();
    expect(await json('describe', 'churn')).toMatchObject({ params: { alpha: 1 }, metrics: { rmse: 0.5 } });
  });
});

describe('a clone of depth 1', () => {
  test('is served by its remote where it lacks a commit, and stays as it is', async () => {
    registry.commit({ 'models/m.bin': 'one', 'churn.model.yaml': OWN });
    await reg('register', 'churn');
    registry.commit({ 'models/m.bin': 'two' });
    await reg('register', 'churn');
    registry.commit({ 'other.txt': 'x' });
    box.at('.').git('clone', '--quiet', '--depth=1', `file://${registry.dir}`, `shallow-${count}`);
    const clone = box.at(`shallow-${count}`);
    clone.git('fetch', '--quiet', '--depth=1', 'origin', 'refs/tags/*:refs/tags/*');
    // the tags came with their commits; without them
    clone.git('tag', '--delete', 'churn@v0.0.1');
    clone.git('fetch', '--quiet', '--depth=1', '--filter=tree:0', 'origin');
    const before = clone.git('rev-list', '--all', '--count');
    const here = regIn(box, clone.dir);
    expect((await here('validate')).code).toBe(0);
    expect((await here('register', 'churn', '--offline')).stdout).toBe('churn@v0.0.2\n');
    const old = registry.git('rev-parse', 'churn@v0.0.1^{commit}');
    expect((await here('load', 'churn', '--rev', old, '-o', '-')).stdout).toBe('one');
    expect(clone.git('rev-list', '--all', '--count')).toBe(before);
    registry.git('branch', '--move', 'main', 'gone');
    clone.git('remote', 'set-url', 'origin', join(box.root, 'nowhere'));
    const { code, stderr } = await here('load', 'churn', '--rev', `${old.slice(0, 38)}00`, '-o', '-');
    expect(code).toBe(1);
    expect(stderr).toContain('is not in this shallow clone');
  });
});

test('a version without a declaration says that nothing tells its bytes', async () => {
  registry.commit();
  await reg('register', 'churn', '--unlinked');
  for (const command of ['load', 'describe']) {
    const { code, stderr } = await reg(command, 'churn@v0.0.1');
    expect(code).toBe(1);
    expect(stderr).toContain('churn v0.0.1 was registered without a declaration');
    expect(stderr).toContain('reg link <path> churn');
  }
});

test('loading a version whose link is not pinned warns', async () => {
  const source = box.repository(`source-${count}`);
  source.commit({ 'm.bin': 'one' });
  registry.commit({ 'churn.model.yaml': `source: {repo: ../source-${count}, path: m.bin}\n` });
  await reg('register', 'churn', '--unlinked');
  const { stdout, stderr } = await reg('load', 'churn@v0.0.1', '-o', '-');
  expect(stdout).toBe('one');
  expect(stderr).toContain('the link of churn v0.0.1 is not pinned');
});

describe('a declaration that leads nowhere', () => {
  test.each([
    ['a URL', { 'dvc.yaml': 'artifacts:\n  churn: {path: s3://bucket/m.pkl}\n' }, 'a URL'],
    [
      'a path outside',
      { 'artifacts.yaml': 'churn: {path: ../out/m.pkl, type: model}\n' },
      'outside the repository',
    ],
    ['no path', { 'dvc.yaml': 'artifacts:\n  churn: {type: model}\n' }, 'has no path'],
  ])('%s is not registered', async (_what, files, why) => {
    registry.commit(files);
    expect(await refused(reg('register', 'churn'))).toContain(why);
    expect((await reg('register', 'churn', '--unlinked')).code).toBe(0);
  });

  test('a symbolic link is no model', async () => {
    registry.commit({ 'models/m.bin': 'one', 'churn.model.yaml': 'source: {path: latest.bin}\n' });
    symlinkSync('models/m.bin', join(registry.dir, 'latest.bin'));
    registry.commit();
    expect(await refused(reg('register', 'churn'))).toContain('latest.bin, which is a symbolic link');
  });
});
