import { mkdir, readdir, readFile, readlink, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { once } from '../../util/async.js';
import { remove, temporary } from '../../util/safe-files.js';
import type { GitResult, RunGit } from './run.js';

/** A lock file that git makes for a file of the repository, and removes when it ends. */
export interface Lock {
  /** Its path in the common folder of the repository, such as `refs/tags/churn@v1.0.0.lock`. */
  path: string;
  /** What git writes into it; undefined where that is not known. */
  content?: string;
}

/** A run of git that takes locks, as it is written to a file before git takes them. */
interface LockRecord {
  machine: Machine;
  pid: number;
  /** When the process began, in the unit of the system; null where the system does not tell. */
  start: string | null;
  locks: readonly Lock[];
}

/** Where a process id means one process. */
interface Machine {
  host: string;
  /** Another one after each start of the machine. */
  boot: string;
  /** The namespace of process ids: each container has its own (pid_namespaces(7)). */
  pids: string;
}

/** The folder of records, in the common folder of a repository. */
const RECORDS = 'reg-writers';
/** How long a running writer may hold a lock before others wait for it: it writes a few lines meanwhile. */
const LIVE_LOCK_MS = 1000;
/** How long others wait for it then. A hook may take its time. */
const LONGEST_WAIT_MS = 10_000;
const PAUSE_MS = 250;

/**
 * Runs a git that takes locks. A git that was killed leaves its locks behind, and git never removes them. So each run is recorded
 * with its process, and a lock is removed once the process that made it is known to be gone. Age says nothing: a hook may run for
 * minutes. A lock without a record stays, and git names it in its message.
 * @param input the standard input of git, which takes no lock before it has read it
 */
export async function runWithLocks(
  git: RunGit,
  locks: readonly Lock[],
  args: readonly string[],
  input: string,
): Promise<GitResult> {
  const folder = await commonFolder(git);
  if (folder === undefined) return git(args, input);
  for (let waited = 0; ; waited += PAUSE_MS) {
    await removeOrphans(folder);
    const result = await runRecorded(git, folder, locks, args, input);
    if (result.code === 0 || waited >= LONGEST_WAIT_MS || !(await isAnyHeld(folder, locks))) return result;
    await sleep(PAUSE_MS);
  }
}

async function commonFolder(git: RunGit): Promise<string | undefined> {
  const { code, stdout } = await git(['rev-parse', '--path-format=absolute', '--git-common-dir']);
  return code === 0 ? stdout.toString().trim() : undefined;
}

async function runRecorded(
  git: RunGit,
  folder: string,
  locks: readonly Lock[],
  args: readonly string[],
  input: string,
): Promise<GitResult> {
  const record = join(folder, RECORDS, crypto.randomUUID());
  const recorded = async (pid: number): Promise<string> => {
    const content: LockRecord = { machine: await thisMachine(), pid, start: await startOf(pid), locks };
    await mkdir(join(folder, RECORDS), { recursive: true })
      // whole or not at all: others read it at any time
      .then(() => writeFile(`${record}.new`, JSON.stringify(content)))
      .then(() => rename(`${record}.new`, record))
      // without a record nothing is ever removed
      .catch(() => undefined);
    return input;
  };
  try {
    return await git(args, recorded);
  } finally {
    await rm(record, { force: true }).catch(() => undefined);
  }
}

/** Whether a recorded process has one of these locks for so long that waiting is better than trying again. */
async function isAnyHeld(folder: string, locks: readonly Lock[]): Promise<boolean> {
  const records = await Promise.all((await recordsIn(folder)).map(readRecord));
  const held = new Set(records.flatMap((record) => record?.locks.map(({ path }) => path) ?? []));
  const paths = locks.map(({ path }) => path).filter((path) => held.has(path));
  const times = await Promise.all(paths.map((path) => changedAt(join(folder, path))));
  if (times.every((time) => time === undefined)) return false;
  const now = await timeIn(folder);
  return times.some((time) => time !== undefined && now - time >= LIVE_LOCK_MS);
}

const changedAt = async (path: string): Promise<number | undefined> =>
  (await stat(path).catch(() => undefined))?.mtimeMs;

/** The clock of the file system, which need not be that of this machine. */
async function timeIn(folder: string): Promise<number> {
  const probe = temporary(join(folder, `reg-${crypto.randomUUID()}`));
  await writeFile(probe, '').catch(() => undefined);
  const time = await changedAt(probe);
  await remove(probe);
  return time ?? 0;
}

/** Removes the locks of recorded processes that are gone, and their records. */
async function removeOrphans(folder: string): Promise<void> {
  for (const path of await recordsIn(folder)) {
    const record = await readRecord(path);
    if (record === undefined || !(await isGone(record))) continue;
    // of several that find it, one takes it
    const taken = join(folder, RECORDS, crypto.randomUUID());
    if (!(await rename(path, taken).then(...TRUE_OR_FALSE))) continue;
    const since = (await changedAt(taken)) ?? Number.POSITIVE_INFINITY;
    for (const lock of record.locks)
      if (await isOf(lock, since, folder)) await rm(join(folder, lock.path), { force: true });
    await rm(taken, { force: true });
  }
}

async function recordsIn(folder: string): Promise<string[]> {
  const names = await readdir(join(folder, RECORDS)).catch(() => []);
  return names.filter((name) => !name.endsWith('.new')).map((name) => join(folder, RECORDS, name));
}

const TRUE_OR_FALSE = [() => true, () => false] as const;

async function readRecord(path: string): Promise<LockRecord | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as LockRecord;
  } catch {
    // its process has ended meanwhile
    return undefined;
  }
}

/** How long git may have a lock file without anything in it. */
const EMPTY_MS = 5000;

/** Whether the lock is the one of the record: another git may have made one of the same name since. */
async function isOf({ path, content }: Lock, since: number, folder: string): Promise<boolean> {
  const file = join(folder, path);
  const [found, time] = await Promise.all([
    readFile(file, 'utf8').catch(() => undefined),
    changedAt(file).then((at) => at ?? 0),
  ]);
  if (found === undefined) return false;
  if (content === undefined) return time >= since;
  return found === '' ? time >= since && time - since <= EMPTY_MS : found === content;
}

/** Whether the process of a record is gone for certain. On another machine that cannot be known. */
async function isGone({ machine, pid, start }: LockRecord): Promise<boolean> {
  const here = await thisMachine();
  if (machine.host !== here.host || machine.pids !== here.pids) return false;
  // a container may come back under its name on another machine
  if (machine.boot !== here.boot) return machine.pids === FIRST_NAMESPACE;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
  const now = await startOf(pid);
  return start !== null && now !== null && now !== start;
}

/** The namespace of a machine itself (linux, `PROC_PID_INIT_INO`). */
const FIRST_NAMESPACE = 'pid:[4026531836]';

const thisMachine = once(async (): Promise<Machine> => {
  const [boot, pids] = await Promise.all([
    readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => ''),
    readlink('/proc/self/ns/pid').catch(() => ''),
  ]);
  return { host: hostname(), boot: boot.trim(), pids };
});

/** When a process began, in clock ticks since the start of the machine; `ended` for one that its parent has not yet waited for (proc(5)). */
async function startOf(pid: number): Promise<string | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (text === undefined) return null;
  // the name before may hold spaces and brackets
  const [state = '', ...rest] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return /[ZX]/.test(state) ? 'ended' : (rest[18] ?? null);
}
