import type { RepositoryInspector } from '../port.js';
import { expectSuccess, type RunGit } from './run-git.js';

/** Tells the state of a repository with the git program. */
export function binaryInspector(git: RunGit): RepositoryInspector {
  return {
    isShallow: async () => {
      const result = await git(['rev-parse', '--is-shallow-repository']);
      return expectSuccess(result, 'looking at the repository').toString().trim() === 'true';
    },
    missingObjects: async (oids) => {
      if (oids.length === 0) return [];
      const result = await git(['cat-file', '--batch-check=%(objectname)'], `${oids.join('\n')}\n`);
      const lines = expectSuccess(result, 'looking for objects').toString().split('\n');
      return lines.flatMap((line) => (line.endsWith(' missing') ? [line.slice(0, -' missing'.length)] : []));
    },
    hasRemote: async (name) => (await git(['remote', 'get-url', '--end-of-options', name])).code === 0,
  };
}
