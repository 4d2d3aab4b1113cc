import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WriteRow } from '../../src/registry/write-row.js';
import { type Run, regIn } from './cli.js';
import type { Repository, Sandbox } from './repo.js';

/** What writers have in front of them: a clone each, a clone for two, or nothing but the address of the remote. */
export type Workplace = 'a clone each' | 'a clone for two' | 'a URL';

/** One of many who write about `churn` at the same time, under a name of its own. */
export interface WriterClient {
  name: string;
  /** Runs `reg … --push --json`. */
  write(...args: string[]): Promise<Run>;
  /** Makes a commit that nobody else has; gives what names it. */
  commit(): string;
  /** Where the tags are kept that were written; undefined for one who has no clone. */
  clone: Repository | undefined;
}

/** What came of everything that was tried. */
export interface Campaign {
  /** One for each tag that a write which ended with 0 said it had made, in no particular order. */
  accepted: (WriteRow & { by: WriterClient; run: Run })[];
  /** Writes that ended otherwise. */
  failed: Run[];
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
  return range(count).map((n) => writerAt(box, remote, clones[Math.floor(n / perClone)], n));
}

function writerAt(box: Sandbox, remote: Repository, clone: Repository | undefined, n: number): WriterClient {
  const name = `writer-${n}`;
  const reg = regIn(box, clone?.dir ?? box.root, {
    GIT_COMMITTER_NAME: name,
    GIT_TRACE: traceOf(remote),
    XDG_CACHE_HOME: join(box.root, 'caches', name),
  });
  const at = clone ?? remote;
  let commits = 0;
  return {
    name,
    clone,
    write: (...args) =>
      reg(...args, '--json', ...(clone === undefined ? ['--repo', `file://${remote.dir}`] : ['--push'])),
    commit: () => {
      commits += 1;
      const commit = at.git('commit-tree', '-p', 'main', '-m', `${name}: ${commits}`, 'main^{tree}');
      if (clone !== undefined) return commit;
      remote.git('update-ref', `refs/heads/${name}`, commit);
      return name;
    },
  };
}

const traceOf = ({ dir }: Repository): string => `${dir}-trace`;

/** Lets all write at the same time: each round of each one registers a commit and puts it into a stage. */
export async function allWrite(
  writers: readonly WriterClient[],
  rounds: number,
  remote: Repository,
): Promise<Campaign> {
  const campaign: Campaign = { accepted: [], failed: [], seconds: 0, pushes: 0 };
  const start = performance.now();
  const write = async (by: WriterClient, ...args: string[]): Promise<string | undefined> => {
    const run = await by.write(...args);
    const rows = run.code === 0 ? (JSON.parse(run.stdout) as WriteRow[]) : [];
    if (run.code !== 0) campaign.failed.push(run);
    campaign.accepted.push(...rows.map((row) => ({ ...row, by, run })));
    return rows[0]?.version ?? undefined;
  };
  const one = async (writer: WriterClient, n: number): Promise<void> => {
    for (const round of range(rounds)) {
      const rev = writer.commit();
      const stage = STAGES[(n + round) % STAGES.length] ?? '';
      // two tags in one write, and one tag in each of two
      if ((n + round) % 2 === 0) await write(writer, 'assign', 'churn', stage, '--rev', rev);
      else {
        const version = await write(writer, 'register', 'churn', rev);
        if (version !== undefined) await write(writer, 'assign', `churn@${version}`, stage);
      }
    }
  };
  await Promise.all(writers.map(one));
  campaign.seconds = (performance.now() - start) / 1000;
  campaign.pushes = readFileSync(traceOf(remote), 'utf8').match(/ built-in: git push /g)?.length ?? 0;
  return campaign;
}
