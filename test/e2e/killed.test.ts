import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { regIn, startReg } from '../support/cli.js';
import { sandbox } from '../support/repo.js';
import { makeRegistry } from './registry.js';

const box = sandbox();
const KILLS = 20;

const isAlive = (group: number): boolean => {
  try {
    process.kill(-group, 0);
    return true;
  } catch {
    return false;
  }
};

/** Starts `reg`, kills it with SIGKILL after a while, waits for the git processes that it leaves behind. */
async function killed(cwd: string, after: number, ...args: string[]): Promise<void> {
  const child = startReg(box, { cwd }, args);
  const { pid } = child;
  if (pid === undefined) throw new Error('reg did not start');
  const ended = new Promise((resolve) => child.on('exit', resolve));
  await sleep(after);
  child.kill('SIGKILL');
  await ended;
  while (isAlive(pid)) await sleep(5);
}

test(`${KILLS} writes that were killed at any moment leave nothing half-written`, async () => {
  const registry = makeRegistry(box, 'registry', 'churn');
  const reg = regIn(box, registry.dir);
  const start = Date.now();
  await reg('assign', 'churn', 'prod');
  const whole = Date.now() - start;
  let survived = 0;
  for (let kill = 1; kill <= KILLS; kill += 1) {
    registry.commit();
    const before = registry.tags().length;
    await killed(registry.dir, Math.random() * whole, 'assign', 'churn', 'prod');
    const written = registry.tags().length - before;
    // a registration and an assignment, or neither
    expect([0, 2]).toContain(written);
    survived += written / 2;
    const next = await reg('assign', 'churn', 'prod');
    expect(next).toMatchObject({ stderr: expect.not.stringContaining('error: '), code: 0 });
    expect(registry.tags()).toHaveLength(before + 2);
  }
  expect(survived).toBeLessThan(KILLS);
  expect(registry.git('fsck', '--strict', '--no-dangling')).toBe('');
  const [row] = JSON.parse((await reg('show', '--json')).stdout) as object[];
  expect(row).toMatchObject({ latest: `v0.0.${KILLS + 1}`, stages: { prod: `v0.0.${KILLS + 1}` } });
  const history = JSON.parse((await reg('history', '--json')).stdout) as object[];
  expect(history).toHaveLength(2 * (KILLS + 1));
});
