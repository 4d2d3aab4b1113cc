import { existsSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { openRegistry } from '../../src/api.js';
import { RegError } from '../../src/errors.js';
import { regIn, startReg } from './cli.js';
import type { Repository, Sandbox } from './repo.js';

/** How the writers who get killed reach what they write. */
export type Reach = 'in a clone' | 'with --push' | 'with --repo';

/** What many kills left behind. */
export interface Damage {
  kills: number;
  /** Kills that came when the tags were written already. */
  late: number;
  /** Locks that nobody held any more. */
  locks: string[];
  /** Runs after a kill that did not just work: what they said, and where a lock was in their way. */
  stuck: { said: string; where: 'here' | 'at the remote' | 'nowhere' }[];
  /** Runs after a kill that took longer than five seconds. */
  slow: number;
  seconds: number;
}

/** The repositories of one campaign: commits are made in `clone`, and `places` is where tags are written, in order. */
interface Victim {
  clone: Repository;
  places: readonly Repository[];
  args: readonly string[];
  /** Does the same as the program, without the time that a program takes to start. */
  write(): Promise<unknown>;
}

function makeVictim(box: Sandbox, clone: Repository, reach: Reach): Victim {
  const args = ['assign', 'churn', 'prod'];
  const write = async (repo = clone.dir, push = false): Promise<unknown> => {
    const registry = await openRegistry(repo, { env: box.env, cwd: box.root });
    return registry.assign('churn', 'prod', { push });
  };
  if (reach === 'in a clone') return { clone, places: [clone], args, write: () => write() };
  const name = `${clone.dir.slice(box.root.length + 1)}.git`;
  const remote = box.repository(name, '--bare');
  clone.git('remote', 'add', 'origin', remote.dir);
  if (reach === 'with --push')
    return { clone, places: [remote, clone], args: [...args, '--push'], write: () => write(clone.dir, true) };
  clone.git('push', '--quiet', 'origin', 'main');
  const url = `file://${remote.dir}`;
  return { clone, places: [remote], args: [...args, '--repo', url], write: () => write(url, true) };
}

/** After so many kills the next write is one of the program, which also tells how long that takes by now. */
const PROGRAM_EVERY = 10;

/** Kills writes at any moment, and lets each be followed by the same write; whatever comes then must be whole. */
export async function killMany(
  box: Sandbox,
  clone: Repository,
  reach: Reach,
  kills: number,
): Promise<Damage> {
  const victim = makeVictim(box, clone, reach);
  const damage: Damage = { kills, late: 0, locks: [], stuck: [], slow: 0, seconds: 0 };
  const start = performance.now();
  // how long a write takes depends on what else this machine is doing
  let whole = await timeOf(() => runOn(box, victim, damage, true));
  for (let kill = 1; kill <= kills; kill += 1) {
    const before = kill * 2;
    clone.commit();
    if (reach === 'with --repo') clone.git('push', '--quiet', 'origin', 'main');
    await killedInTime(box, clone.dir, Math.random() * whole, kill % 2 === 0, ...victim.args);
    const written = victim.places.map((place) => place.tags().length - before);
    // a registration and an assignment, or neither; nothing here that the remote has not got
    for (const count of written) expect([0, 2]).toContain(count);
    expect([...written].sort((a, b) => b - a)).toEqual(written);
    const locks = victim.places.flatMap(locksIn);
    damage.locks.push(...locks);
    const byProgram = kill % PROGRAM_EVERY === 0;
    const time = await timeOf(() => runOn(box, victim, damage, byProgram));
    if (time > 5000) damage.slow += 1;
    if (written[0] === 2) damage.late += 1;
    else if (locks.length === 0 && byProgram) whole = time;
    for (const place of victim.places) expect(place.tags()).toHaveLength(before + 2);
  }
  for (const place of victim.places) expect(place.git('fsck', '--strict', '--no-dangling')).toBe('');
  damage.seconds = (performance.now() - start) / 1000;
  return damage;
}

/** Runs the write to its end. Where that is not enough, it is noted, and locks are removed so that it can go on. */
async function runOn(box: Sandbox, victim: Victim, damage: Damage, byProgram: boolean): Promise<void> {
  const { clone, places, args } = victim;
  const said = byProgram ? await complaintOf(box, victim) : await victim.write().then(nothing, messageOf);
  if (said === undefined) return;
  const locked = places.filter((place) => locksIn(place).length > 0);
  const where = locked.includes(clone) ? 'here' : locked.length > 0 ? 'at the remote' : 'nowhere';
  damage.stuck.push({ said, where });
  for (const place of locked) for (const lock of locksIn(place)) rmSync(join(folderOf(place), lock));
  expect(await regIn(box, clone.dir)(...args)).toMatchObject({ code: 0 });
}

const nothing = (): undefined => undefined;

function messageOf(error: unknown): string {
  if (error instanceof RegError) return error.message;
  throw error;
}

async function complaintOf(box: Sandbox, { clone, args }: Victim): Promise<string | undefined> {
  const { code, stderr } = await regIn(box, clone.dir)(...args);
  return code === 0 ? undefined : stderr;
}

async function timeOf(run: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}

/** Starts `reg`, and kills it after a while: alone, or with every git that it runs by then. */
async function killedInTime(
  box: Sandbox,
  cwd: string,
  after: number,
  alone: boolean,
  ...args: string[]
): Promise<void> {
  const child = startReg(box, { cwd }, args);
  const { pid } = child;
  if (pid === undefined) throw new Error('reg did not start');
  const ended = new Promise((resolve) => child.on('exit', resolve));
  await sleep(after);
  if (alone) child.kill('SIGKILL');
  else signalGroup(pid, 'SIGKILL');
  await ended;
  while (signalGroup(pid, 0)) await sleep(2);
}

/** Sends a signal to a process group; false when nobody is left. */
export function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-leader, signal);
  } catch {
    return false;
  }
}

const folderOf = ({ dir }: Repository): string => {
  const inside = join(dir, '.git');
  return existsSync(inside) ? inside : dir;
};

/** Makes the locks of a repository look as if they had been made some seconds earlier. */
export function ageLocks(place: Repository, seconds: number): void {
  const time = Date.now() / 1000 - seconds;
  for (const lock of locksIn(place)) utimesSync(join(folderOf(place), lock), time, time);
}

/** The lock files of a repository in which no git runs. */
export const locksIn = (place: Repository): string[] =>
  readdirSync(folderOf(place), { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.lock'),
  );
