import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Env, Sandbox } from './repo.js';

/** The program as it is installed. */
export const PROGRAM = fileURLToPath(new URL('../../bin/reg.js', import.meta.url));

/** How one run of `reg` ended. */
export interface Run {
  args: readonly string[];
  stdout: string;
  stderr: string;
  code: number | null;
  /** Standard output as it came, for models. */
  bytes: Buffer;
  /** What tests replace in a transcript. */
  root: string;
}

/** Where and how `reg` runs. */
export interface RunOptions {
  cwd: string;
  /** Variables on top of the sandbox's. */
  env?: Env;
  stdin?: string;
}

/** Starts `reg`; its process leads a group of its own, so that a test can tell when all of its children are gone. */
export const startReg = (box: Sandbox, { cwd, env }: RunOptions, args: readonly string[]): ChildProcess =>
  spawn(process.execPath, [PROGRAM, ...args], { cwd, env: { ...box.env, ...env }, detached: true });

/** Runs `reg` to its end. */
export async function runReg(box: Sandbox, options: RunOptions, ...args: string[]): Promise<Run> {
  const child = startReg(box, options, args);
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
  // the program may end without having read its input
  child.stdin?.on('error', () => undefined).end(options.stdin ?? '');
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject).on('close', resolve);
  });
  const bytes = Buffer.concat(stdout);
  return {
    args,
    stdout: bytes.toString(),
    stderr: Buffer.concat(stderr).toString(),
    code,
    bytes,
    root: box.root,
  };
}

/** Gives `reg` in one folder of a sandbox. */
export const regIn =
  (box: Sandbox, cwd: string, env: Env = {}) =>
  (...args: string[]): Promise<Run> =>
    runReg(box, { cwd, env }, ...args);

/** Gives what `reg` answers in JSON in one folder of a sandbox. */
export const jsonIn =
  (box: Sandbox, cwd: string) =>
  async (...args: string[]): Promise<unknown> =>
    JSON.parse((await runReg(box, { cwd }, ...args, '--json')).stdout);

/** Runs as one text for a snapshot: command line, standard output, standard error, the exit code where it is not 0. */
export const transcript = (...runs: readonly Run[]): string =>
  readable(runs[0]?.root ?? '', runs.map(textOf).join('\n'));

/** Git's ids are numbered in the order in which they appear, and the folder of the sandbox becomes `<tmp>`. */
export function readable(root: string, text: string): string {
  const oids = new Map<string, number>();
  const numbered = (oid: string): string => {
    const number = oids.get(oid.slice(0, 12)) ?? oids.size + 1;
    oids.set(oid.slice(0, 12), number);
    return oid.length === 40 ? `<oid ${number}>` : `<oid ${number}, short>`;
  };
  return text.replaceAll(root, '<tmp>').replaceAll(/\b([0-9a-f]{40}|[0-9a-f]{12})\b/g, numbered);
}

function textOf({ args, stdout, stderr, code }: Run): string {
  return [
    `$ reg ${args.map(quoted).join(' ')}\n`,
    stdout,
    stderr === '' ? '' : `-- stderr --\n${stderr}`,
    code === 0 ? '' : `-- exit ${code} --\n`,
  ].join('');
}

const quoted = (word: string): string => (/^[\w./:=@%+,<>-]+$/.test(word) ? word : `'${word}'`);
