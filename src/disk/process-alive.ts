import { hostname } from 'node:os';
import process from 'node:process';

/** This process, as a part of a file's name: whoever finds the file can tell whether its owner still runs. */
export const ownerName = (): string => `${hostname().replaceAll(/[^A-Za-z0-9-]/g, '-')}-${process.pid}`;

/** Whether the process that gave its name runs no more; one of another machine may, for all that is known here. */
export function isGone(owner: string): boolean {
  const [, host, pid] = /^(.*)-(\d+)$/.exec(owner) ?? [];
  if (pid === undefined || !ownerName().startsWith(`${host}-`)) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
