import type { RepositoryInspector } from '../port.js';
import { inspectObjects } from './objects.js';
import { expectSuccess, type RunGit, type StreamGit, streamOf } from './run.js';

/** Tells the state of a repository with the git program. */
export function binaryInspector(git: RunGit, stream: StreamGit = streamOf(git)): RepositoryInspector {
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
      const heads = await inspectObjects(stream, oids);
      return new Map(oids.map((oid, index) => [oid, heads[index]?.type ?? 'missing']));
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
