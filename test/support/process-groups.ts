import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

/** The names of the processes of a group that are alive (ps(1p)). */
function namesOf(group: number): string[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pgid=', '-o', 'stat=', '-o', 'comm='], { encoding: 'utf8' });
  return lines.split('\n').flatMap((line) => {
    const [, pgid, stat = '', name = ''] = /^\s*(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    // a zombie has ended, and only waits for somebody to ask how
    return Number(pgid) === group && !stat.startsWith('Z') ? [name] : [];
  });
}

/** What is left of a group of processes; it has some time to come to an end. */
export async function leftOf(group: number, milliseconds = 2000): Promise<string[]> {
  for (const end = Date.now() + milliseconds; ; await sleep(20)) {
    const left = namesOf(group);
    if (left.length === 0 || Date.now() > end) return left;
  }
}

/** Ends what is left of a group, so that one test that fails does not disturb the next. */
export function endGroup(group: number): void {
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // nobody is left
  }
}

/** Waits for something to come true. */
export async function until(isTrue: () => boolean, milliseconds = 20_000): Promise<void> {
  for (const end = Date.now() + milliseconds; !isTrue(); await sleep(10))
    if (Date.now() > end) throw new Error('it did not come true');
}
