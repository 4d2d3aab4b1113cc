import { readdir, readFile } from 'node:fs/promises';
import process from 'node:process';

/** The variable that marks a run of git and everything that it starts. */
export const MARK = 'REG_RUN';

/**
 * Ends every process that carries a mark in its environment. Git that is ended itself leaves its transport behind, waiting
 * for the server (git-remote-http), and that one is nobody's child any more. Only Linux shows environments (proc(5)).
 */
export async function endMarked(mark: string): Promise<void> {
  const wanted = Buffer.from(`${MARK}=${mark}\0`);
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    const environment = await readFile(`/proc/${pid}/environ`).catch(() => undefined);
    if (environment?.includes(wanted)) endProcess(Number(pid));
  }
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch {
    // it ended by itself meanwhile
  }
}
