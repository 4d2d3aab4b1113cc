import type { Oid } from '../../domain/event.js';
import { RegError } from '../../errors.js';
import type { BranchReader, RepositoryInspector } from '../port.js';
import { expectSuccess, type RunGit } from './run.js';

/** Tells with the git program which commits are on a branch. */
export const binaryBranches = (git: RunGit, inspector: RepositoryInspector): BranchReader => ({
  strays: (tip, commits) => strays(git, inspector, tip, commits),
  commitDate: async (commit) => {
    const result = await git(['show', '--no-patch', '--no-show-signature', '--format=%ct', commit]);
    return Number(expectSuccess(result, 'looking at a commit').toString().trim());
  },
});

async function strays(
  git: RunGit,
  inspector: RepositoryInspector,
  tip: Oid,
  commits: readonly Oid[],
): Promise<Set<Oid>> {
  if (commits.length === 0) return new Set();
  const types = await inspector.objectTypes([...new Set(commits)]);
  const isHere = (oid: Oid): boolean => (types.get(oid) ?? 'commit') === 'commit';
  const missing = commits.filter((oid) => !isHere(oid));
  // what leads to these commits and not to the tip: of one that is on the branch, nothing, not even itself
  const input = [...commits.filter(isHere), `^${tip}`].map((rev) => `${rev}\n`).join('');
  const listed = expectSuccess(
    await git(['rev-list', '--stdin'], input),
    'walking through history',
  ).toString();
  const off = new Set(listed.split('\n'));
  const found = new Set([...missing, ...commits.filter((oid) => off.has(oid))]);
  if (found.size > 0 && (await inspector.isShallow())) throw cutOff(tip);
  return found;
}

const cutOff = (tip: Oid): RegError =>
  new RegError(
    'SHALLOW',
    `which commits lead to ${tip.slice(0, 12)} cannot be told: this clone is shallow, so its history is cut off`,
    'get the history with: git fetch --unshallow; in CI, check out with fetch-depth: 0',
  );
