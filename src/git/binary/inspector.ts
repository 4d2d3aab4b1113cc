import type { RepositoryInspector } from '../port.js';
import { expectSuccess, type RunGit } from './run-git.js';

/** Tells the state of a repository with the git program. */
export function binaryInspector(git: RunGit): RepositoryInspector {
  let isWhole = false;
  return {
    isShallow: async () => {
      // what has its whole history keeps it, and one that has been cut off may get it
      if (isWhole) return false;
      const result = await git(['rev-parse', '--is-shallow-repository']);
      isWhole = expectSuccess(result, 'looking at the repository').toString().trim() === 'false';
      return !isWhole;
    },
    objectTypes: async (oids) => {
      if (oids.length === 0) return new Map();
      const result = await git(
        ['cat-file', '--batch-check=%(objectname) %(objecttype)'],
        `${oids.join('\n')}\n`,
      );
      const lines = expectSuccess(result, 'looking for objects').toString().split('\n').slice(0, -1);
      // `<oid> <type>`, or `<oid> missing`
      return new Map(
        lines.map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]),
      );
    },
    mergeBase: async (one, other) => {
      const result = await git(['merge-base', one, other]);
      // exit 1: there is none; anything worse: a commit is not here
      if (result.code < 0) expectSuccess(result, 'comparing commits');
      return result.code === 0 ? result.stdout.toString().trim() : undefined;
    },
    hasRemote: async (name) => (await git(['remote', 'get-url', '--end-of-options', name])).code === 0,
  };
}
