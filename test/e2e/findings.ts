import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { PROGRAM } from '../support/cli.js';
import { regIn } from '../support/cli-here.js';
import type { Repository, Sandbox } from '../support/repo.js';

/** One thing that the doctor found; `message` is for people. */
export interface Finding {
  level: 'error' | 'warning' | 'info';
  check: string;
  subject: string | null;
  message: string;
  fix: string | null;
}

/** What `reg doctor --json` finds; every fix must be a command, and anything but an info a failure. */
export async function findingsIn(box: Sandbox, { dir }: Repository, ...args: string[]): Promise<Finding[]> {
  const { stdout, code } = await regIn(box, dir)('doctor', '--json', ...args);
  const found = JSON.parse(stdout) as Finding[];
  expect(code).toBe(found.every(({ level }) => level === 'info') ? 0 : 1);
  for (const { message, fix } of found) {
    expect(message).toMatch(/^\S[\s\S]*\S$/);
    if (fix !== null) expect(fix).toMatch(/^(git|reg) /);
  }
  return found;
}

/** Runs a fix as a person would paste it into a shell, with `reg` on PATH. */
export function pasteFix(box: Sandbox, { dir }: Repository, fix: string): void {
  const bin = join(box.root, 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'reg'), `#!/bin/sh\nexec '${process.execPath}' '${PROGRAM}' "$@"\n`);
  chmodSync(join(bin, 'reg'), 0o755);
  const env = { ...box.env, PATH: `${bin}:${box.env.PATH}` };
  execFileSync('sh', ['-c', fix], { cwd: dir, env, stdio: 'pipe' });
}
