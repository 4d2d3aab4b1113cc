import { RegError } from '../../errors.js';
import type { Identity, NewRef, TagWriter } from '../port.js';
import { expectSuccess, type RunGit } from './run-git.js';

/** Writes tags with the git program. */
export function binaryTagWriter(git: RunGit): TagWriter {
  return {
    identity: () => identity(git),
    writeTagObject: async (bytes) => {
      const result = await git(['mktag', '--strict'], bytes);
      return expectSuccess(result, 'writing a tag object').toString().trim();
    },
    createTags: (refs, absent) => createTags(git, refs, absent),
    deleteTags: (refs) =>
      updateRefs(
        git,
        refs.map((ref) => `delete refs/tags/${ref.tagName}\0${ref.oid}\0`),
      ),
  };
}

async function identity(git: RunGit): Promise<Identity> {
  const result = await git(['var', 'GIT_COMMITTER_IDENT']);
  const [, name = '', email = '', seconds, zone = '+0000'] =
    /^(.*) <(.*)> (\d+) ([+-]\d{4})\s*$/.exec(result.stdout.toString()) ?? [];
  if (result.code === 0 && name !== '' && seconds !== undefined)
    return { name, email, now: Number(seconds), zone };
  if (result.code < 0) expectSuccess(result, 'asking who you are');
  throw new RegError(
    'NO_IDENTITY',
    'git does not know who you are, and every event is signed with a name',
    'run: git config --global user.name "Your Name" && git config --global user.email you@example.com',
  );
}

/**
 * One transaction, in which `create` means that the ref must not exist and `verify` with no value the same without
 * creating it (git-update-ref(1)): two writers that want one counter lock the same names, and one of them loses.
 */
function createTags(
  git: RunGit,
  refs: readonly NewRef[],
  absent: readonly string[],
): Promise<string | undefined> {
  return updateRefs(git, [
    ...refs.map((ref) => `create refs/tags/${ref.tagName}\0${ref.oid}\0`),
    ...absent.map((name) => `verify refs/tags/${name}\0\0`),
  ]);
}

async function updateRefs(git: RunGit, commands: readonly string[]): Promise<string | undefined> {
  const result = await git(['update-ref', '--stdin', '-z'], commands.join(''));
  return result.code === 0 ? undefined : result.stderr;
}
