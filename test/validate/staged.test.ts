import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { validate } from '../../src/checks/validate.js';
import { openContext } from '../../src/open.js';
import { PROGRAM } from '../support/cli.js';
import { type Repository, sandbox } from '../support/repo.js';

const box = sandbox();

/** What is found in the index, a line each. */
async function found({ dir }: Repository, options = {}, env = {}, cwd = dir): Promise<string[]> {
  const context = await openContext('.', { env: { ...box.env, ...env }, cwd, now: () => 0 });
  const { findings } = await validate(context, { staged: true, from: cwd, ...options });
  return findings.filter(({ level }) => level === 'error').map(({ file, rule }) => `${file} ${rule}`);
}

function put({ dir }: Repository, files: Record<string, string>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), content);
  }
}

const RIGHT = 'reg: 1\nsource: {path: m.bin}\n';
const WRONG = `${RIGHT}extra: 1\n`;
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const pinned = (text: string): string => `${RIGHT}sha256: ${sha256(text)}\nsize: ${text.length}\n`;

let count = 0;
/** A registry with a right link. */
function registry(files: Record<string, string> = {}): Repository {
  count += 1;
  const made = box.repository(`registry-${count}`);
  made.commit({ 'm.bin': 'model', 'a.model.yaml': RIGHT, ...files });
  return made;
}

describe('validate --staged judges the index (docs/specification.md, 5 Commands)', () => {
  test('what is staged counts, and what is in the work tree alone does not', async () => {
    const made = registry({ 'gone.model.yaml': RIGHT });
    put(made, { 'a.model.yaml': WRONG, 'new.model.yaml': WRONG });
    rmSync(join(made.dir, 'gone.model.yaml'));
    expect(await found(made)).toEqual([]);
    made.git('add', '--all');
    put(made, { 'a.model.yaml': RIGHT, 'new.model.yaml': RIGHT });
    expect(await found(made)).toEqual(['a.model.yaml link-schema', 'new.model.yaml link-schema']);
    expect(await found(made, { staged: false })).toEqual([]);
    expect(await found(made, { paths: ['a.model.yaml'] })).toEqual(['a.model.yaml link-schema']);
    expect(await found(made, { base: 'HEAD' })).toHaveLength(2);
  });

  test('the model is the staged one too, a file or a folder', async () => {
    const made = registry({ 'dir/one': '1', 'f.model.yaml': RIGHT.replace('m.bin', 'dir') });
    put(made, { 'm.bin': 'staged', 'a.model.yaml': pinned('staged') });
    made.git('add', '--all');
    put(made, { 'm.bin': 'edited' });
    expect(await found(made)).toEqual([]);
    put(made, { 'a.model.yaml': pinned('edited') });
    expect(await found(made, { staged: false })).toEqual([]);
    made.git('add', 'a.model.yaml');
    expect(await found(made)).toEqual(['a.model.yaml link-bytes']);
    made.git('rm', '--cached', '--force', '-r', '--quiet', 'dir', 'm.bin');
    expect(await found(made)).toEqual(['a.model.yaml link-path', 'f.model.yaml link-path']);
  });

  test('in a repository without a commit, and of a file that will be added only later', async () => {
    count += 1;
    const made = box.repository(`registry-${count}`);
    put(made, { 'm.bin': 'model', 'a.model.yaml': RIGHT, 'later.model.yaml': WRONG });
    expect(await found(made)).toEqual([]);
    made.git('add', 'm.bin', 'a.model.yaml');
    made.git('add', '--intent-to-add', 'later.model.yaml');
    expect(await found(made)).toEqual([]);
    made.git('add', 'later.model.yaml');
    expect(await found(made)).toEqual(['later.model.yaml link-schema']);
  });

  test('an index with a conflict is refused, as git refuses to commit it', async () => {
    const made = registry();
    made.git('checkout', '--quiet', '-b', 'other');
    made.commit({ 'a.model.yaml': `${RIGHT}type: a\n` });
    made.git('checkout', '--quiet', 'main');
    made.commit({ 'a.model.yaml': `${RIGHT}type: b\n` });
    expect(() => made.git('merge', '--quiet', 'other')).toThrow();
    await expect(found(made)).rejects.toMatchObject({
      code: 'NOT_COMMITTED',
      message: 'cannot check the index: a.model.yaml has a conflict',
      hint: 'resolve it, then: git add a.model.yaml',
    });
    put(made, { 'a.model.yaml': RIGHT });
    made.git('add', 'a.model.yaml');
    expect(await found(made)).toEqual([]);
  });

  test('the configuration and files of other tools may be named', async () => {
    const made = registry({ '.reg.yaml': 'stages: [dev]\n', 'dvc.yaml': 'stages: {}\n', '.gto': '' });
    const paths = ['.reg.yaml', 'dvc.yaml', '.gto'];
    expect(await found(made, { paths })).toEqual([]);
    put(made, { '.reg.yaml': 'stages: [dev]\nexpects: {x: {artifact: nosuch, at: 1}}\n', 'dvc.yaml': '[' });
    expect(await found(made, { paths })).toEqual([]);
    made.git('add', '.reg.yaml');
    expect(await found(made, { paths })).toEqual(['.reg.yaml config-schema']);
    put(made, { '.reg.yaml': 'stages: [dev]\n' });
    made.git('add', '.reg.yaml', 'dvc.yaml');
    expect(await found(made, { paths })).toEqual(['dvc.yaml declaration-read']);
    expect(await found(made, { paths: ['a.model.yaml'] })).toEqual([]);
    await expect(found(made, { paths: ['m.bin'] })).rejects.toMatchObject({ code: 'USAGE' });
  });

  test('asking stores nothing, and needs the git program', async () => {
    const made = registry();
    put(made, { 'a.model.yaml': WRONG });
    made.git('add', '--all');
    const before = [made.git('count-objects'), made.git('status', '--porcelain')];
    const index = readFileSync(join(made.dir, '.git/index'));
    expect(await found(made)).toHaveLength(1);
    expect([made.git('count-objects'), made.git('status', '--porcelain')]).toEqual(before);
    expect(readFileSync(join(made.dir, '.git/index')).equals(index)).toBe(true);
    await expect(found(made, {}, { REG_GIT: 'embedded' })).rejects.toMatchObject({ code: 'GIT_MISSING' });
  });
});

describe('as a hook of git commit', () => {
  const script = `#!/bin/sh\nexec "${process.execPath}" "${PROGRAM}" validate --staged\n`;
  function hooked(): Repository {
    const made = registry({ 'sub/b.model.yaml': RIGHT });
    put(made, { '.git/hooks/pre-commit': script });
    chmodSync(join(made.dir, '.git/hooks/pre-commit'), 0o755);
    return made;
  }
  const errorOf = (run: () => unknown): string => {
    try {
      run();
      return '';
    } catch (error) {
      return String((error as { stderr?: unknown }).stderr ?? error);
    }
  };

  test('it judges what each form of git commit would have', () => {
    const made = hooked();
    put(made, { 'a.model.yaml': WRONG });
    made.git('commit', '--quiet', '--allow-empty', '--message', 'Nothing is staged');
    expect(errorOf(() => made.git('commit', '--quiet', '--all', '--message', 'All'))).toContain(
      '[link-schema]',
    );
    put(made, { 'sub/b.model.yaml': `${RIGHT}type: model\n` });
    // the commit has one of the two files that differ, and the index both
    made.git('add', '--all');
    made.git('-C', 'sub', 'commit', '--quiet', 'b.model.yaml', '--message', 'One');
    expect(errorOf(() => made.git('commit', '--quiet', '--message', 'The other'))).toContain('[link-schema]');
    expect(made.git('log', '--format=%s', '-2')).toBe('One\nNothing is staged');
  });

  test('in a linked worktree', () => {
    const made = hooked();
    const dir = `linked-${count}`;
    made.git('worktree', 'add', '--quiet', '-b', 'linked', `../${dir}`);
    const linked = box.at(dir);
    put(linked, { 'a.model.yaml': WRONG });
    linked.git('commit', '--quiet', '--allow-empty', '--message', 'Nothing is staged');
    linked.git('add', '--all');
    expect(errorOf(() => linked.git('commit', '--quiet', '--message', 'Staged'))).toContain('[link-schema]');
  });
});
