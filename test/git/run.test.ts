import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { eachObject, inspectObjects } from '../../src/git/program/objects.js';
import { gitIn, readGitIn, type Surroundings, streamGitIn } from '../../src/git/program/run.js';
import { sandbox } from '../support/repo.js';

const box = sandbox();
const made = box.repository('registry');
made.commit({ 'model.bin': 'x'.repeat(300_000) });

/** A remote that never responds: a process that sleeps, with a number of its own to find it by. */
const SILENT = (seconds: number): string[] => ['ls-remote', `ext::sleep ${seconds}`];
const isSleeping = (seconds: number): boolean =>
  execFileSync('ps', ['-A', '-o', 'args='], { encoding: 'utf8' }).includes(`sleep ${seconds}`);
const around = (timeout: string, signal?: AbortSignal): Surroundings => ({
  env: { ...box.env, GIT_ALLOW_PROTOCOL: 'ext', REG_TIMEOUT: timeout },
  signal,
});

describe.each([
  ['with simple-git', gitIn, 7101],
  ['without', readGitIn, 7102],
] as const)('a run of git, %s', (_how, makeGit, seconds) => {
  test('ends without a response, with all that it has started', async () => {
    const result = await makeGit(made.dir, around('0.5'))(SILENT(seconds));
    expect(result).toMatchObject({ code: -3, stderr: 'no response for 0.5 seconds' });
    expect(isSleeping(seconds)).toBe(false);
  });

  test('ends with the signal, with all that it has started', async () => {
    const ending = new AbortController();
    const run = makeGit(made.dir, around('60', ending.signal))(SILENT(seconds));
    await Promise.all([
      expect(run).rejects.toMatchObject({ code: 'INTERRUPTED' }),
      sleep(300).then(() => ending.abort()),
    ]);
    expect(isSleeping(seconds)).toBe(false);
    await expect(makeGit(made.dir, around('60', ending.signal))(['version'])).rejects.toMatchObject({
      code: 'INTERRUPTED',
    });
  });

  test('gives its exit code, its output and its messages, without the user-info of URLs', async () => {
    const git = makeGit(made.dir, around('60'));
    expect(await git(['rev-parse', '--verify', '--quiet', 'none'])).toMatchObject({ code: 1, stderr: '' });
    const { stdout } = await git(['cat-file', 'blob', 'HEAD:model.bin']);
    expect(stdout.equals(Buffer.from('x'.repeat(300_000)))).toBe(true);
    const { code, stderr } = await git(['ls-remote', 'https://ann:secret@localhost/x']);
    expect(code).toBe(128);
    expect(stderr).not.toContain('secret');
  });

  test('takes its input, an empty one too', async () => {
    const git = makeGit(made.dir, around('60'));
    const ofText = async (text: string): Promise<string> =>
      (await git(['hash-object', '--stdin'], text)).stdout.toString().trim();
    expect(await ofText('')).toBe('e69de29bb2d1d6434b8b29ae775ad8c2e48c5391');
    expect(await ofText('a\n')).toBe('78981922613b2afb6025042ff6bd878ac1994e85');
  });

  test('of a program that is not there', async () => {
    const env = { PATH: join(box.root, 'nothing') };
    expect(await makeGit(made.dir, { env })(['version'])).toMatchObject({ code: -2 });
  });
});

describe('a stream of git', () => {
  test('has no timeout while its reader is slow', async () => {
    let length = 0;
    for await (const chunk of streamGitIn(made.dir, around('0.3'))(['cat-file', 'blob', 'HEAD:model.bin'])) {
      if (length === 0) await sleep(1000);
      length += (chunk as Buffer).length;
    }
    expect(length).toBe(300_000);
  });

  test('fails without a response, and when git fails', async () => {
    const read = async (args: string[]): Promise<void> => {
      for await (const _ of streamGitIn(made.dir, around('0.5'))(args));
    };
    await expect(read(SILENT(7103))).rejects.toMatchObject({ code: 'GIT_FAILED', exitCode: -3 });
    await expect(read(['cat-file', 'blob', 'none'])).rejects.toMatchObject({
      code: 'GIT_FAILED',
      exitCode: 128,
    });
    expect(isSleeping(7103)).toBe(false);
  });

  test('may be left before its end', async () => {
    for await (const _ of streamGitIn(made.dir, around('60'))(['cat-file', 'blob', 'HEAD:model.bin'])) break;
  });
});

describe('objects', () => {
  const names = ['HEAD', 'HEAD:model.bin', 'none', 'HEAD^{tree}', 'HEAD'];

  test('come in the order of their names', async () => {
    const stream = streamGitIn(made.dir, around('60'));
    const heads = await inspectObjects(stream, names);
    expect(heads.map((head) => head?.type)).toEqual(['commit', 'blob', undefined, 'tree', 'commit']);
    expect(heads[1]?.size).toBe(300_000);
    const objects = [];
    for await (const some of eachObject(stream, names)) objects.push(...some);
    expect(objects.map((object) => object?.bytes.length)).toEqual(heads.map((head) => head?.size));
  });

  test('an error of the repository is not one of its objects', async () => {
    const stream = streamGitIn(box.root, around('60'));
    await expect(inspectObjects(stream, names)).rejects.toMatchObject({ code: 'GIT_FAILED' });
  });
});
