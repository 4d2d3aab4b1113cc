import { constants } from 'node:buffer';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync, mkdtempSync, openSync, readSync, rm, rmdirSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Oid } from '../../domain/event.js';
import { gitVariables, type Surroundings } from './run.js';

/** Objects that git reads while others are still being asked for (git-cat-file(1), `--batch`). */
export interface Batch {
  ask(oid: Oid): void;
  /**
   * All answers, as git gives them and in the order of the questions. Undefined where it did not come to the end, for a corrupt
   * object above all, and where they are more than a text can hold.
   */
  answers(): Promise<Buffer | undefined>;
  /** Ends it without answers. */
  abandon(): void;
}

/** Begins to read objects; undefined where no answers can be kept. */
export type OpenBatch = () => Batch | undefined;

/** So many questions are written at once. */
const SOME = 400;

/**
 * Gives what begins to read objects of the repository that a folder is in. Git writes the answers to a file without a name: a pipe
 * would hand them over in pieces of 4 KB, and to take one takes Node longer than git to write it.
 */
export const batchIn =
  (cwd: string, around: Surroundings): OpenBatch =>
  () => {
    const file = openNameless();
    const git = file === undefined ? undefined : startGit(cwd, around, file);
    if (file === undefined || git === undefined) return undefined;
    const { stdin } = git;
    const ended = endOf(git);
    let asked: Oid[] = [];
    const flush = (): void => {
      if (asked.length > 0) stdin?.write(`${asked.join('\n')}\n`, 'latin1');
      asked = [];
    };
    return {
      ask: (oid) => {
        asked.push(oid);
        if (asked.length >= SOME) flush();
      },
      answers: async () => {
        flush();
        stdin?.end();
        try {
          return (await ended) === 0 ? contentOf(file) : undefined;
        } finally {
          closeSync(file);
        }
      },
      abandon: () => {
        git.kill();
        closeSync(file);
      },
    };
  };

/** Undefined, with the file closed, where it cannot even be tried. */
function startGit(cwd: string, { env, signal }: Surroundings, file: number): ChildProcess | undefined {
  try {
    return spawn('git', ['cat-file', '--batch', '--buffer'], {
      cwd,
      env: gitVariables(env),
      stdio: ['pipe', file, 'ignore'],
      signal,
    });
  } catch {
    closeSync(file);
    return undefined;
  }
}

/** The exit code, null where there is none. Asked for at once: an error that nobody hears ends the program. */
function endOf(git: ChildProcess): Promise<number | null> {
  // a git that has ended does not want its questions, which is its right
  git.stdin?.on('error', () => undefined);
  return once(git, 'exit').then(
    ([code]) => code as number | null,
    () => null,
  );
}

/** Undefined where there is no room, and on a system that keeps the names of open files. */
function openNameless(): number | undefined {
  let folder: string | undefined;
  let file: number | undefined;
  try {
    folder = mkdtempSync(join(tmpdir(), 'reg-'));
    const path = join(folder, 'objects');
    file = openSync(path, 'wx+', 0o600);
    unlinkSync(path);
    rmdirSync(folder);
    return file;
  } catch {
    if (file !== undefined) closeSync(file);
    if (folder !== undefined) rm(folder, { recursive: true, force: true }, () => undefined);
    return undefined;
  }
}

/** Undefined of more than a text can hold. */
function contentOf(file: number): Buffer | undefined {
  const { size } = fstatSync(file);
  if (size > constants.MAX_STRING_LENGTH) return undefined;
  const bytes = Buffer.allocUnsafe(size);
  let length = 0;
  for (let read = -1; read !== 0; length += read)
    read = readSync(file, bytes, length, bytes.length - length, length);
  return bytes.subarray(0, length);
}
