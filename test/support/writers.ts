import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { WriteRow } from '../../src/registry/rows.js';
import { runReg } from './cli.js';
import type { Env, Repository, Sandbox } from './repo.js';

/** What writers have in front of them: a clone each, a clone for two, or nothing but the address of the remote. */
export type Workplace = 'a clone each' | 'a clone for two' | 'a URL';

/** One of many who write about `churn` at the same time, under a name of its own. */
export interface WriterClient {
  name: string;
  number: number;
  env: Env;
  /** Where the tags are kept that were written; undefined for one who has no clone. */
  clone: Repository | undefined;
}

/** What came of one write: the tags that it said it had made, or the code of its error. */
export type Outcome = { rows: readonly WriteRow[] } | { code: string; message: string };

/** What came of everything that was tried. */
export interface Campaign {
  /** One for each tag that a write which ended well said it had made, in no particular order. */
  accepted: (WriteRow & { by: WriterClient })[];
  /** How many writes made them. */
  writes: number;
  /** Writes that ended otherwise. */
  failed: Extract<Outcome, { code: string }>[];
  seconds: number;
  /** How often `git push` was run. */
  pushes: number;
}

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const STAGES = ['dev', 'staging', 'prod'];

/** Makes writers, and their clones of a bare repository that is called by the path. */
export function makeWriters(
  box: Sandbox,
  remote: Repository,
  count: number,
  workplace: Workplace,
): WriterClient[] {
  const perClone = workplace === 'a clone for two' ? 2 : 1;
  const clones = range(workplace === 'a URL' ? 0 : Math.ceil(count / perClone)).map((n) => {
    const dir = `${remote.dir}-clones/${n}`;
    remote.git('clone', '--quiet', remote.dir, dir);
    return box.at(dir.slice(box.root.length + 1));
  });
  return range(count).map((number) => {
    const name = `writer-${number}`;
    const cache = join(box.root, 'caches', name);
    const env = { GIT_COMMITTER_NAME: name, GIT_TRACE: traceOf(remote), XDG_CACHE_HOME: cache };
    return { name, number, env: { ...box.env, ...env }, clone: clones[Math.floor(number / perClone)] };
  });
}

const traceOf = ({ dir }: Repository): string => `${dir}-trace`;

/** Lets one writer write for all of its rounds. */
export type Rounds = (
  box: Sandbox,
  remote: Repository,
  writer: WriterClient,
  rounds: number,
) => Promise<Outcome[]>;

/** Each write is a run of the program. */
export const runPrograms: Rounds = async (box, remote, writer, rounds) => {
  const outcomes: Outcome[] = [];
  const { name, number, clone, env } = writer;
  const place = clone === undefined ? ['--repo', `file://${remote.dir}`] : ['--push'];
  const write = async (...args: string[]): Promise<string | undefined> => {
    const run = await runReg(box, { cwd: clone?.dir ?? box.root, env }, ...args, '--json', ...place);
    const rows = run.code === 0 ? (JSON.parse(run.stdout) as WriteRow[]) : undefined;
    outcomes.push(rows ? { rows } : { ...JSON.parse(run.stderr).error });
    return rows?.[0]?.version ?? undefined;
  };
  const { git } = clone ?? remote;
  let waiting: string | undefined;
  for (const round of range(rounds)) {
    const commit = git('commit-tree', '-p', 'main', '-m', `${name}: ${round}`, 'main^{tree}');
    if (clone === undefined) git('update-ref', `refs/heads/${name}`, commit);
    const rev = clone === undefined ? name : commit;
    const stage = STAGES[round % STAGES.length] ?? '';
    // one after the other: two tags in one write, a version, and its stage
    if (waiting !== undefined) {
      await write('assign', `churn@${waiting}`, stage);
      waiting = undefined;
    } else if ((number + round) % 3 === 0) await write('assign', 'churn', stage, '--rev', rev);
    else waiting = await write('register', 'churn', rev);
  }
  return outcomes;
};

const PROCESS = fileURLToPath(new URL('writer-process.js', import.meta.url));

/** All writes are calls of the library, from one process for each writer. */
export const callLibrary: Rounds = async (_box, remote, { name, number, clone, env }, rounds) => {
  const dir = clone?.dir ?? remote.dir;
  const task = { name, number, rounds, dir, stages: STAGES, url: clone ? undefined : `file://${dir}` };
  const child = spawn(process.execPath, [PROCESS, JSON.stringify(task)], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let told = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    told += text;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject).on('close', resolve);
  });
  if (code !== 0) throw new Error(`${name} ended with ${code}`);
  return told
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
};

/** Lets all write at the same time: each round of each one registers a commit, puts it into a stage, or does both. */
export async function allWrite(
  box: Sandbox,
  remote: Repository,
  writers: readonly WriterClient[],
  rounds: number,
  run: Rounds,
): Promise<Campaign> {
  const start = performance.now();
  const told = await Promise.all(
    writers.map(async (by) => (await run(box, remote, by, rounds)).map((outcome) => ({ by, ...outcome }))),
  );
  const seconds = (performance.now() - start) / 1000;
  const outcomes = told.flat();
  const done = outcomes.filter((one) => 'rows' in one);
  return {
    accepted: done.flatMap(({ by, rows }) => rows.map((row) => ({ ...row, by }))),
    writes: done.length,
    failed: outcomes.filter((one) => 'code' in one),
    seconds,
    pushes: readFileSync(traceOf(remote), 'utf8').match(/ built-in: git push /g)?.length ?? 0,
  };
}
