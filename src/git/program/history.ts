import type { Oid } from '../../domain/event.js';
import { RegError } from '../../errors.js';
import { short } from '../../util/oid.js';
import type { Branches, History, LoggedCommit, Objects } from '../port.js';
import { expectSuccess, type RunGit } from './run.js';

/** Reads history with the git program. */
export function gitHistory(git: RunGit): History {
  let isWhole = false;
  return {
    between: async (from, to, most) => {
      const [shallow, log] = await Promise.all([
        git(['rev-parse', '--is-shallow-repository']),
        git([...LOG, `--max-count=${most}`, '--end-of-options', to, `^${from}`]),
      ]);
      for (const result of [shallow, log]) if (result.code < 0) expectSuccess(result, 'reading the history');
      // in a shallow clone a commit may seem to have no ancestors
      if (log.code !== 0 || shallow.stdout.toString().trim() !== 'false') return undefined;
      return parseLog(log.stdout.toString());
    },
    mergeBase: async (one, other) => {
      const result = await git(['merge-base', one, other]);
      // exit code 1: the commits have no common ancestor; any other: a commit is not here
      if (result.code < 0) expectSuccess(result, 'comparing commits');
      return result.code === 0 ? result.stdout.toString().trim() : undefined;
    },
    isShallow: async () => {
      // a whole history stays whole; a shallow clone may get its history
      if (isWhole) return false;
      const result = await git(['rev-parse', '--is-shallow-repository']);
      isWhole = expectSuccess(result, 'looking at the repository').toString().trim() === 'false';
      return !isWhole;
    },
  };
}

/** The same fields whatever the user has configured (git-log(1)). */
const LOG = [
  'log',
  '-z',
  '--no-color',
  '--no-show-signature',
  '--no-decorate',
  '--no-notes',
  '--encoding=UTF-8',
  '--format=tformat:%H%x00%ct%x00%an%x00%ae%x00%s',
] as const;

const FIELDS = 5;

function parseLog(text: string): LoggedCommit[] {
  const fields = text.split('\0');
  const commits: LoggedCommit[] = [];
  for (let at = 0; at + FIELDS <= fields.length; at += FIELDS) {
    const [commit = '', time = '', author = '', email = '', subject = ''] = fields.slice(at, at + FIELDS);
    commits.push({ commit, time: Number(time), author, email, subject });
  }
  return commits;
}

/** Finds out with the git program which commits are on a branch. */
export const gitBranches = (git: RunGit, objects: Objects, history: History): Branches => ({
  strays: (tip, commits) => strays(git, objects, history, tip, commits),
  commitDate: async (commit) => {
    const result = await git(['show', '--no-patch', '--no-show-signature', '--format=%ct', commit]);
    return Number(expectSuccess(result, 'looking at a commit').toString().trim());
  },
});

async function strays(
  git: RunGit,
  objects: Objects,
  history: History,
  tip: Oid,
  commits: readonly Oid[],
): Promise<Set<Oid>> {
  if (commits.length === 0) return new Set();
  const types = await objects.types([...new Set(commits)]);
  const isHere = (oid: Oid): boolean => (types.get(oid) ?? 'commit') === 'commit';
  const missing = commits.filter((oid) => !isHere(oid));
  // the ancestors of these commits that are not ancestors of the tip; a commit on the branch is itself one of those
  const input = [...commits.filter(isHere), `^${tip}`].map((rev) => `${rev}\n`).join('');
  const listed = expectSuccess(
    await git(['rev-list', '--stdin'], input),
    'walking through history',
  ).toString();
  const off = new Set(listed.split('\n'));
  const found = new Set([...missing, ...commits.filter((oid) => off.has(oid))]);
  if (found.size > 0 && (await history.isShallow())) throw cutOff(tip);
  return found;
}

const cutOff = (tip: Oid): RegError =>
  new RegError(
    'SHALLOW',
    `the commits that lead to ${short(tip)} are not known: this clone is shallow, so its history is cut off`,
    'get the history with: git fetch --unshallow; in CI, check out with fetch-depth: 0',
  );
