import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { makeFolders } from '../../src/util/safe-files.js';
import { startReg } from '../support/cli.js';
import { runHere } from '../support/here.js';
import { sandbox } from '../support/repo.js';

// what waits for ever, or would: pipes that have no writer, and folders that take no file

const box = sandbox();
const registry = box.repository('registry');
beforeAll(() => {
  registry.commit({ 'model.bin': 'a model', 'churn.model.yaml': 'source: {path: model.bin}\n' });
});

describe('a pipe in the work tree', () => {
  // git adds no pipe
  test.each([
    ['pipe.model.yaml', 0],
    ['.reg.yaml', 0],
    ['churn.model.yaml', 1],
  ])('%s is not waited for', async (name, code) => {
    const clone = `clone-${name}`;
    box.at('.').git('clone', '--quiet', 'registry', clone);
    rmSync(join(box.root, clone, name), { force: true });
    execFileSync('mkfifo', [join(box.root, clone, name)]);
    const run = await runHere({ cwd: join(box.root, clone), env: box.env }, 'validate');
    expect([name, run.code, run.stdout]).toEqual([name, code, expect.any(String)]);
    const withoutGit = { ...box.env, REG_GIT: 'embedded' };
    const alone = await runHere({ cwd: join(box.root, clone), env: withoutGit }, 'validate', '--offline');
    if (name !== '.reg.yaml') expect(alone.stdout).toContain(`cannot read ${name}: it is a pipe`);
  });
});

describe.runIf(existsSync('/proc/self'))('a place that takes no folder', () => {
  test('is an error, and no loop without an end', async () => {
    await expect(makeFolders('/proc/none/at/all')).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('a model is loaded without the cache that would be there', async () => {
    const env = { ...box.env, XDG_CACHE_HOME: '/proc/none' };
    const run = await runHere({ cwd: box.root, env }, 'load', 'churn', '-r', registry.dir);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(readFileSync(join(box.root, 'model.bin'), 'utf8')).toBe('a model');
  });
});

describe('the first signal', () => {
  test('ends a site that is being written', async () => {
    const ending = new AbortController();
    ending.abort();
    const run = await runHere(
      { cwd: registry.dir, env: box.env, signal: ending.signal },
      'site',
      '--out',
      'out',
    );
    expect(run).toMatchObject({ code: 1, stderr: expect.stringContaining('interrupted') });
    expect(existsSync(join(registry.dir, 'out/index.html'))).toBe(false);
  });

  test('ends a command that waits for something that never comes', async () => {
    // a person may name a pipe
    execFileSync('mkfifo', [join(registry.dir, 'metrics.json')]);
    const args = ['update', 'churn', '--metrics', 'metrics.json'];
    const child = startReg(box, { cwd: registry.dir }, args);
    const closed = once(child, 'close');
    expect(await Promise.race([closed, sleep(2000, 'waits')])).toBe('waits');
    child.kill('SIGTERM');
    expect(await closed).toEqual([null, 'SIGTERM']);
  }, 60_000);
});
