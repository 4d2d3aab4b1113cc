import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type RunHere, runHere } from '../support/here.js';
import { type Repository, sandbox } from '../support/repo.js';
import { HAS_TIME, pairs } from '../support/soak.js';
import { makeRegistry, tagHourly } from './registry.js';

// Missing is not absent (docs/specification.md, 1 Tags).

const box = sandbox();

const whole = makeRegistry(box, 'whole', 'churn', 'fraud');
tagHourly(box, whole, 'churn@v1.0.0', 'churn#prod#1', 'fraud@v1.0.0', 'fraud#prod#1');
whole.commit();
tagHourly(box, whole, 'churn@v2.0.0', 'churn#prod#2');
whole.commit();
tagHourly(box, whole, 'churn@v3.0.0');
whole.tag('churn#prod#3', 'Said of it\n\nReg-Version: v3.0.0\n');

const TAG = 'churn#prod#3';

/** Takes away what a ref says, in one repository. */
const DAMAGE: Record<string, (registry: Repository, tag: string) => void> = {
  'a missing object': (registry, tag) => rmSync(objectOf(registry, tag)),
  'a corrupt object': (registry, tag) => {
    const file = objectOf(registry, tag);
    chmodSync(file, 0o644);
    writeFileSync(file, 'this is no object');
  },
  'an empty ref': (registry, tag) => registry.writeTagRef(tag, ''),
  'a ref that holds no id': (registry, tag) => registry.writeTagRef(tag, 'garbage\n'),
};

function objectOf({ dir, git }: Repository, tag: string): string {
  const oid = git('rev-parse', `refs/tags/${tag}`);
  return join(dir, '.git/objects', oid.slice(0, 2), oid.slice(2));
}

let copies = 0;
/** A copy of the whole registry, damaged at these tags. */
function copyWith(what: string, ...tags: string[]): Repository {
  copies += 1;
  const dir = `copy-${copies}`;
  cpSync(whole.dir, join(box.root, dir), { recursive: true });
  const copy = box.at(dir);
  for (const tag of tags) DAMAGE[what]?.(copy, tag);
  return copy;
}

type Reg = (...args: string[]) => Promise<RunHere>;

const MODES: Record<string, (registry: Repository) => Reg> = {
  git: ({ dir }) => inProcess(dir),
  embedded: ({ dir }) => inProcess(dir, { REG_GIT: 'embedded' }),
  url: ({ dir }) => inProcess(box.root, { REG_REPO: `file://${dir}` }),
};

/** Runs `reg` on a registry in a mode. */
const regOf = (mode: string, registry: Repository): Reg =>
  (MODES[mode] ?? (({ dir }) => inProcess(dir)))(registry);

const inProcess =
  (cwd: string, env: Record<string, string> = {}): Reg =>
  (...args) =>
    runHere({ cwd, env: { ...box.env, XDG_CACHE_HOME: join(cwd, '..', 'cache'), ...env } }, ...args);

const CASES = pairs(Object.keys(DAMAGE), Object.keys(MODES)).filter(
  ([what, mode]) => mode !== 'url' || what.startsWith('a missing') || what.startsWith('an empty'),
);

describe.each(CASES)('the current assignment has %s, with %s', (what, mode) => {
  const reg = regOf(mode, copyWith(what, TAG));

  test('what it could change has no answer', async () => {
    for (const args of [
      ['which', 'churn', 'prod'],
      ['which', 'churn', 'prod', '--at', 'now'],
      ['show', 'churn'],
      ['show', 'churn#prod'],
      ['history', 'churn'],
      ['describe', 'churn#prod'],
      ['check-ref', TAG],
    ]) {
      const run = await reg(...args);
      expect([args, run.code, run.stdout]).toEqual([args, 1, '']);
      expect(run.stderr).toContain('error: churn is damaged');
      expect(run.stderr).toContain(TAG);
      expect(run.stderr).toMatch(/\nhint: restore /);
    }
    expect(JSON.parse((await reg('which', 'churn', 'prod', '--json')).stderr)).toMatchObject({
      error: { code: 'DAMAGED' },
    });
  });

  test('what it could not change has one', async () => {
    expect(await reg('which', 'fraud', 'prod')).toMatchObject({ code: 0, stdout: 'v1.0.0\n', stderr: '' });
    expect(await reg('check-ref', 'fraud#prod#1')).toMatchObject({ code: 0 });
  });

  test('an overview shows the others, and marks that one or says that it is left out', async () => {
    for (const args of [['show'], ['which', '#prod'], ['show', '#prod'], ['history'], ['verify']]) {
      const { code, stdout, stderr } = await reg(...args);
      expect([args, code]).toEqual([args, 1]);
      expect(stdout).toContain('fraud');
      expect(stderr).toContain('churn is damaged');
      if (args.length > 1 || args[0] !== 'show') expect(stdout).not.toContain('churn');
    }
    expect((await reg('show')).stdout).toBe('churn\t?\t?\tdamaged\nfraud\tv1.0.0\tprod=v1.0.0\tactive\n');
    const filtered = await reg('show', '--label', 'team=x', '--sort', 'timestamp', '--json');
    expect(JSON.parse(filtered.stdout)).toEqual([
      {
        artifact: 'churn',
        latest: null,
        stages: {},
        registered: true,
        deprecated: false,
        problem: 'DAMAGED',
      },
    ]);
    expect(await reg('stages', '--used')).toMatchObject({ code: 1, stdout: 'prod\n' });
  });
});

test('all objects are missing: that is damage, and no unknown name', async () => {
  const copy = copyWith('a missing object', ...whole.tags().filter((tag) => tag.startsWith('churn')));
  const lines = [
    ['which', 'churn', 'prod'],
    ['latest', 'churn'],
    ['show', 'churn'],
  ];
  for (const [args, mode] of pairs(lines, Object.keys(MODES)))
    expect((await regOf(mode, copy)(...args)).stderr, args.join(' ')).toMatch(/^error: churn is damaged/);
});

test('an object is missing that bears on an older version alone: others have an answer', async () => {
  const copy = copyWith('a missing object', 'churn@v1.0.0');
  const lines: [string[], object][] = [
    [['describe', 'churn@v3.0.0'], { code: 0 }],
    [['which', 'churn', 'prod', '--all'], { code: 1, stdout: '' }],
    [['describe', 'churn#prod'], { code: 0 }],
    [['latest', 'churn'], { code: 0, stdout: 'v3.0.0\n' }],
    [['latest', 'churn'], { code: 0, stdout: 'v3.0.0\n' }],
    [['describe', 'churn@v1.0.0'], { code: 1, stdout: '' }],
  ];
  for (const [[args, answer], mode] of pairs(lines, Object.keys(MODES)))
    expect(await regOf(mode, copy)(...args), `${mode}: ${args.join(' ')}`).toMatchObject(answer);
});

test('no write decides on a damaged artifact', async () => {
  const writes = [
    ['register', 'churn', '--unlinked', '--force'],
    ['assign', 'churn@v1.0.0', 'prod'],
    ['unassign', 'churn', 'prod'],
    ['rollback', 'churn', 'prod'],
    ['deregister', 'churn@v2.0.0'],
    ['deprecate', 'churn'],
    ['approve', 'churn@v2.0.0', 'prod'],
  ];
  const turns = pairs(writes, Object.keys(DAMAGE));
  for (const what of Object.keys(DAMAGE)) {
    const copy = copyWith(what, TAG);
    const reg = inProcess(copy.dir);
    const before = copy.tags();
    for (const [args] of turns.filter(([, damage]) => damage === what)) {
      const { code, stderr } = await reg(...args);
      expect([what, args, code]).toEqual([what, args, 1]);
      expect(stderr).toMatch(/^error: churn is damaged/);
    }
    expect(copy.tags()).toEqual(before);
  }
});

const remote = box.repository('remote.git', '--bare');
whole.git('push', '--quiet', remote.dir, 'main', '--tags');

describe.each(Object.keys(DAMAGE))('a clone with %s', (what) => {
  const copy = copyWith(what, TAG, 'fraud@v1.0.0');
  copy.git('remote', 'add', 'origin', remote.dir);
  const reg = inProcess(copy.dir);

  test('is seen, and sync brings the objects back', async () => {
    expect(await reg('status')).toMatchObject({ code: 1, stdout: expect.stringContaining(TAG) });
    const found = JSON.parse((await reg('doctor', '--json')).stdout);
    const seen = found.filter(({ subject }: { subject: string }) => subject === TAG);
    expect(seen).toMatchObject([{ level: 'error', check: 'missing', fix: 'reg sync' }]);
    const synced = await reg('sync');
    expect(synced).toMatchObject({ code: 0, stderr: '' });
    expect(synced.stdout).toContain(`fetched\t${TAG}\n`);
    expect(await reg('which', 'churn', 'prod')).toMatchObject({ code: 0, stdout: 'v3.0.0\n', stderr: '' });
    expect(await reg('status')).toMatchObject({ code: 0 });
    copy.git('fsck', '--strict');
  });
});

test('a tag that lies about what it points at is no event, and hides no other', async () => {
  const copy = copyWith('');
  const [head, tree] = [copy.git('rev-parse', 'HEAD'), copy.git('rev-parse', 'HEAD^{tree}')];
  const lies = [`object ${head}\ntype tag\n`, `object ${head}\ntype blob\n`, `object ${tree}\ntype tag\n`];
  for (const [index, lie] of lies.entries())
    copy.writeRawTag(
      `${lie}tag fraud@v9.0.${index}\ntagger A <a@example.com> 1767225600 +0000\n\nLies\n`,
      `fraud@v9.0.${index}`,
    );
  copy.git('tag', '--annotate', '--message', 'Last', 'zed@v1.0.0');
  for (const pack of [false, true]) {
    if (pack) copy.git('pack-refs', '--all');
    for (const mode of ['git', 'embedded']) {
      const { code, stdout, stderr } = await regOf(mode, copy)('show', '--registered-only');
      expect([mode, pack, code, stderr]).toEqual([mode, pack, 0, '']);
      expect(stdout).toMatch(/^churn\tv3\.0\.0.*\nfraud\tv1\.0\.0.*\nzed\tv1\.0\.0/);
    }
  }
});

test('a repository that is repacked again and again has one answer', async () => {
  const copy = copyWith('');
  const work = 'while [ ! -e stop ]; do git repack -adq; git pack-refs --all; git gc -q --prune=now; done';
  const repacking = spawn('sh', ['-c', work], { cwd: copy.dir, env: box.env, stdio: 'ignore' });
  try {
    const until = Date.now() + (HAS_TIME ? 3000 : 1000);
    for (let read = 0; Date.now() < until || read < 20; read += 1)
      for (const mode of ['embedded', 'git'])
        expect(await regOf(mode, copy)('which', 'churn', 'prod')).toMatchObject({
          code: 0,
          stdout: 'v3.0.0\n',
          stderr: '',
        });
  } finally {
    writeFileSync(join(copy.dir, 'stop'), '');
    await once(repacking, 'close');
  }
});
