import { rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { GitResult, RunGit } from './run-git.js';

/** How long a running writer may hold a lock: it writes a few lines meanwhile. */
const LIVE_LOCK_MS = 1000;
/** After this age, the process that made a lock counts as dead. */
const STALE_LOCK_MS = 10_000;
const PAUSE_MS = 250;

/**
 * Runs git, and runs it again after waiting for a stale lock. A git that was killed leaves its locks behind, and git never
 * removes them. Only writers of an event hold locks of its refs.
 * @param locks files of the repository, such as `refs/tags/churn@v1.0.0.lock`
 */
export async function runPastLocks(
  git: RunGit,
  locks: readonly string[],
  run: () => Promise<GitResult>,
): Promise<GitResult> {
  for (;;) {
    const result = await run();
    if (result.code === 0 || !(await outwaited(git, locks))) return result;
  }
}

/** Waits a little for an old lock, or removes it; false without an old lock. */
async function outwaited(git: RunGit, locks: readonly string[]): Promise<boolean> {
  const { code, stdout } = await git(['rev-parse', '--path-format=absolute', '--git-common-dir']);
  if (code !== 0) return false;
  const folder = stdout.toString().trim();
  const times = await Promise.all(locks.map((lock) => changedAt(join(folder, lock))));
  if (times.every((time) => time === undefined)) return false;
  const now = await timeIn(folder);
  const old = locks.filter((_, index) => now - (times[index] ?? now) > STALE_LOCK_MS);
  if (old.length > 0) return removed(old.map((lock) => join(folder, lock)));
  if (times.every((time) => now - (time ?? now) < LIVE_LOCK_MS)) return false;
  await sleep(PAUSE_MS);
  return true;
}

const changedAt = async (path: string): Promise<number | undefined> =>
  (await stat(path).catch(() => undefined))?.mtimeMs;

/** The clock of the file system, which need not be that of this machine. */
async function timeIn(folder: string): Promise<number> {
  const probe = join(folder, `reg-${crypto.randomUUID()}`);
  await writeFile(probe, '').catch(() => undefined);
  const time = await changedAt(probe);
  await rm(probe, { force: true });
  return time ?? 0;
}

const removed = (paths: readonly string[]): Promise<boolean> =>
  Promise.all(paths.map((path) => rm(path, { force: true }))).then(
    () => true,
    () => false,
  );
