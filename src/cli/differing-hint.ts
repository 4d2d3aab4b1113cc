import { tagRefspec } from '../domain/refs.js';
import { shellLine } from '../util/shell.js';

/**
 * The next step where a tag is not the same here and at the remote: a fetch that takes the remote's. Which of the two is right,
 * no program can know.
 */
export function differingHint({ repo }: { repo: string }, remote: string, tag: string): string {
  const git = ['git', ...(repo === '.' ? [] : ['-C', repo])];
  const fetch = shellLine(...git, 'fetch', remote, `+${tagRefspec(tag)}`);
  return `if the one at ${remote} is right, take it with: ${fetch}`;
}
