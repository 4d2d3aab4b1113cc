import type { BranchReader } from '../../port.js';
import { binaryBranches, binaryInspector } from '../../program/history.js';
import { withHistory } from './history.js';
import type { ObjectCache } from './object-cache.js';

/** Tells which commits are on a branch of a remote repository. */
export const urlBranches = (cache: ObjectCache): BranchReader => ({
  strays: (tip, commits) =>
    withHistory(cache, [...new Set([tip, ...commits])], (git) =>
      binaryBranches(git, binaryInspector(git)).strays(tip, commits),
    ),
  commitDate: (commit) =>
    withHistory(cache, [commit], (git) => binaryBranches(git, binaryInspector(git)).commitDate(commit)),
});
