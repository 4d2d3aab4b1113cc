import { join, relative } from 'node:path';
import { tagRef, tagRefspec } from '../domain/refs.js';
import type { RegistryContext } from '../registry/context.js';
import { pushWords } from '../registry/remote.js';
import type { WriteRow } from '../registry/rows.js';
import { shellLine } from '../util/shell.js';
import type { Session } from './session.js';

// The git commands that a command of reg leaves to the user, to be pasted where the user stands.

/** The command line that commits a file that was written. */
export async function commitHint(
  context: RegistryContext,
  cwd: string,
  path: string,
  message: string,
): Promise<string> {
  const root = (await context.workTree())?.root ?? cwd;
  const isInside = !relative(root, cwd).startsWith('..');
  const git = ['git', ...(isInside ? [] : ['-C', root])];
  const add = shellLine(...git, 'add', isInside ? relative(cwd, join(root, path)) : path);
  return `${add} && ${shellLine(...git, 'commit', '-m', message)}`;
}

/**
 * Names the push that is left to do, where there is a remote; `along` are older tags that go with those of the rows. Of an earlier write of
 * several tags, the rows name the last one of each artifact.
 */
export async function pushHint(
  { out, repo }: Session,
  context: RegistryContext,
  rows: readonly (Pick<WriteRow, 'tag' | 'pushed'> & { created?: boolean })[],
  { along = [], isDeleting = false }: { along?: readonly string[]; isDeleting?: boolean | undefined } = {},
): Promise<void> {
  if (rows.length === 0 || rows.every((row) => row.pushed)) return;
  const remote = await context.remote('write');
  if (!(await context.repository.hasRemote(remote))) return;
  const tags = [...along, ...rows.map((row) => row.tag)];
  if (isDeleting) return out.hint(await deletionLine({ repo }, context, remote, tags));
  if (rows.length > 1 && rows.every(({ created }) => created === false))
    return out.hint(shellLine('reg', 'sync', ...(repo === '.' ? [] : ['--repo', repo])));
  const push = await pushWords(context.repository, remote);
  out.hint(shellLine(...gitIn(repo), ...push, remote, ...tags.map(tagRef)));
}

/** The command line that deletes tags at a remote. */
export const deletionLine = async (
  { repo }: Pick<Session, 'repo'>,
  { repository }: RegistryContext,
  remote: string,
  tags: readonly string[],
): Promise<string> =>
  shellLine(
    ...gitIn(repo),
    ...(await pushWords(repository, remote)),
    '--delete',
    remote,
    ...tags.map(tagRef),
  );

/**
 * The next step where a tag is not the same here and at the remote: a fetch that takes the remote's. Which of the two is right,
 * no program can know.
 */
export function differingHint({ repo }: Pick<Session, 'repo'>, remote: string, tag: string): string {
  const fetch = shellLine(...gitIn(repo), 'fetch', remote, `+${tagRefspec(tag)}`);
  return `if the one at ${remote} is right, take it with: ${fetch}`;
}

const gitIn = (repo: string): string[] => ['git', ...(repo === '.' ? [] : ['-C', repo])];
