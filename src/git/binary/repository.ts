import { turnRef } from '../../domain/refs.js';
import { RegError } from '../../errors.js';
import { once } from '../../util/async.js';
import { repositoryFiles } from '../files/repository-files.js';
import type { RegistryRepository, Tags } from '../port.js';
import { binaryBranches } from './branches.js';
import { commitFile } from './commit.js';
import { filesFirst } from './files-first.js';
import { binaryHistory } from './history.js';
import { binaryInspector } from './inspector.js';
import { binaryLargeFiles } from './large-files.js';
import { binaryObjectReader } from './objects.js';
import { binaryTagRemote } from './remote.js';
import { namedAccess, type RemoteAccess } from './remote-access.js';
import { listTips } from './remote-listing.js';
import { gitIn, type RunGit } from './run-git.js';
import { binarySignatures } from './signatures.js';
import { binarySigner } from './signing.js';
import { streamGitIn } from './stream-git.js';
import type { Surroundings } from './surroundings.js';
import { programTags } from './tag-list.js';
import { binaryTagReader } from './tags.js';
import { requireGit } from './version.js';
import { binaryTagWriter } from './writer.js';

/**
 * Opens the repository that a folder is in: a work tree, a folder inside one, a linked work tree, a bare repository.
 * Nothing runs before the first question. That git is there and new enough is found out beside it, and that there is a
 * repository only when a question fails: every call may throw RegError GIT_MISSING, GIT_TOO_OLD, NO_REPOSITORY.
 */
export function openBinaryRepository(folder: string, around: Surroundings): RegistryRepository {
  const unchecked = gitIn(folder, around);
  const newEnough = once(() => requireGit(unchecked));
  const isRepository = once(() => requireRepository(unchecked, folder));
  const checked =
    (run: RunGit): RunGit =>
    async (args, input) => {
      const [result] = await Promise.all([run(args, input), newEnough()]);
      if (result.code !== 0) await isRepository();
      return result;
    };
  const git = checked(unchecked);
  const inspector = binaryInspector(git);
  // who insists on the git program (REG_GIT) gets it for everything
  const files = around.env.REG_GIT === 'git' ? undefined : repositoryFiles(folder, around.env);
  const stream = streamGitIn(folder, around);
  const tags = files ? filesFirst(files, binaryTagReader(git, stream), git) : binaryTagReader(git, stream);
  const writer = binaryTagWriter(git, binarySigner(git, folder, around));
  const objects = binaryObjectReader(git, stream);
  return {
    url: undefined,
    workTree: async () => files?.workTree() ?? findWorkTree(git),
    commitFile: (path, message) => commitFile(gitIn(folder, unhurried(around)), path, message),
    tags: tagsOf(folder, around, checked),
    ...tags,
    ...writer,
    takeTurn: async (artifact) => {
      const last = files?.readRef(turnRef(artifact));
      return last === undefined ? writer.takeTurn(artifact) : { artifact, last: last ?? undefined };
    },
    ...binarySignatures(git),
    ...binaryBranches(git, inspector),
    ...binaryTagRemote(inspector, accesses(git)),
    ...objects,
    resolveCommit: async (rev) =>
      (rev === 'HEAD' ? files?.readHead() : undefined) ?? objects.resolveCommit(rev),
    entriesBelow: async (commit, path) =>
      (path === '' ? files?.listTree(commit) : undefined) ?? objects.entriesBelow(commit, path),
    ...binaryHistory(git),
    largeFiles: binaryLargeFiles(folder, around),
    listTips: () => listTips({ git, remote: { name: '.', shown: folder } }),
    ...inspector,
  };
}

/**
 * Reads tags of a repository. In a partial clone git would ask the remote for a tag that is missing, one by one; here it is
 * missing. Old versions of git know no word against that, so no transport is allowed either.
 */
function tagsOf(folder: string, around: Surroundings, checked: (run: RunGit) => RunGit): Tags {
  const env = { ...around.env, GIT_NO_LAZY_FETCH: '1', GIT_ALLOW_PROTOCOL: 'none' };
  const here = { ...around, env };
  return programTags(checked(gitIn(folder, here)), streamGitIn(folder, here));
}

/** Gives the remotes of a repository by their names. */
function accesses(git: RunGit): (name: string) => RemoteAccess {
  const known = new Map<string, RemoteAccess>();
  return (name) => {
    const access = known.get(name) ?? namedAccess(git, name);
    known.set(name, access);
    return access;
  };
}

/** Hooks and a person who types a passphrase may take their time. */
const unhurried = ({ env, signal }: Surroundings): Surroundings => ({
  env: { ...env, REG_TIMEOUT: '86400' },
  signal,
});

async function requireRepository(git: RunGit, folder: string): Promise<void> {
  const { code, stderr } = await git(['rev-parse', '--git-dir']);
  if (code === 0) return;
  throw new RegError(
    'NO_REPOSITORY',
    `no git repository at ${folder} (${stderr})`,
    'see what git says of it: git status; make one with git init, or name another with --repo',
  );
}

async function findWorkTree(git: RunGit): Promise<string | undefined> {
  // in a bare repository the first answer is `false`, and the second question fails
  const { stdout } = await git(['rev-parse', '--is-inside-work-tree', '--show-toplevel']);
  const [inside, top] = stdout.toString().split('\n');
  return inside === 'true' ? top : undefined;
}
