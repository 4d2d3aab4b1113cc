import { RegError } from '../../errors.js';
import { withoutUserInfo } from '../location.js';
import type { NewRef, PushResult, TagRef, TagRemote } from '../port.js';
import type { GitResult, RunGit } from './run-git.js';

const PREFIX = 'refs/tags/';

/** Talks to remotes about tags with the git program. */
export function binaryTagRemote(git: RunGit): TagRemote {
  return {
    pushTags: (remote, refs) => push(git, remote, refs, 'create'),
    deleteRemoteTags: async (remote, refs) => {
      // a tag that was never pushed needs no deleting there, and would make an atomic push fail
      const there = new Set((await listRemoteTags(git, remote, refs)).map((ref) => ref.name));
      const known = refs.filter((ref) => there.has(ref.tagName));
      return known.length === 0 ? { outcome: 'done' } : push(git, remote, known, 'delete');
    },
    listRemoteTags: (remote) => listRemoteTags(git, remote, []),
  };
}

/**
 * Pushes with a lease on every ref: creating expects no ref, deleting the object that was decided upon (git-push(1)).
 * What came of it is read back from the remote, because an acknowledgement can be lost on the way.
 */
async function push(
  git: RunGit,
  remote: string,
  refs: readonly NewRef[],
  doing: 'create' | 'delete',
): Promise<PushResult> {
  const creates = doing === 'create';
  const pushed = await git([
    'push',
    '--porcelain',
    '--no-verify',
    '--no-follow-tags',
    '--no-recurse-submodules',
    ...(refs.length > 1 ? ['--atomic'] : []),
    ...refs.map(({ tagName, oid }) => `--force-with-lease=${PREFIX}${tagName}:${creates ? '' : oid}`),
    '--end-of-options',
    remote,
    ...refs.map(({ tagName, oid }) => `${creates ? oid : ''}:${PREFIX}${tagName}`),
  ]);
  const there = new Map((await listRemoteTags(git, remote, refs)).map((ref) => [ref.name, ref.oid]));
  if (refs.every(({ tagName, oid }) => there.get(tagName) === (creates ? oid : undefined)))
    return { outcome: 'done' };
  const taken = refs.find(({ tagName, oid }) => (there.get(tagName) ?? oid) !== oid);
  return taken
    ? { outcome: 'taken', tagName: taken.tagName }
    : { outcome: 'refused', reason: reasonOf(pushed) };
}

async function listRemoteTags(git: RunGit, remote: string, only: readonly NewRef[]): Promise<TagRef[]> {
  const patterns = only.length === 0 ? [`${PREFIX}*`] : only.map(({ tagName }) => `${PREFIX}${tagName}`);
  const result = await git(['ls-remote', '--refs', '--end-of-options', remote, ...patterns]);
  if (result.code !== 0)
    throw new RegError(
      'REMOTE_FAILED',
      `cannot reach ${withoutUserInfo(remote)}: ${withoutUserInfo(result.stderr)}`,
      `check that git reaches it: git ls-remote ${withoutUserInfo(remote)}`,
    );
  const lines = result.stdout.toString().split('\n').slice(0, -1);
  return lines.map((line) => {
    const tab = line.indexOf('\t');
    return { name: line.slice(tab + 1 + PREFIX.length), oid: line.slice(0, tab) };
  });
}

/** What the server had to say, else the summary of the first ref that was turned down. */
function reasonOf({ stdout, stderr, code }: GitResult): string {
  const said = stderr
    .split('\n')
    .flatMap((line) => (line.startsWith('remote: ') ? [line.slice(8).trim()] : []));
  const turnedDown = stdout
    .toString()
    .split('\n')
    .find((line) => line.startsWith('!'))
    ?.split('\t')[2];
  return withoutUserInfo(
    said.filter((line) => line !== '').join(' ') || turnedDown || stderr || `exit code ${code}`,
  );
}
