import { randomUUID } from 'node:crypto';
import type { Oid } from '../../domain/event.js';
import { type ArtifactName, artifactNameForTag } from '../../domain/names.js';
import { RegError } from '../../errors.js';
import type { Identity, NewRef, TagWriter, Turn } from '../port.js';
import { expectSuccess, type RunGit } from './run-git.js';

/** Writes tags with the git program. */
export function binaryTagWriter(git: RunGit): TagWriter {
  return {
    identity: () => identity(git),
    writeTagObject: async (bytes) => {
      const result = await git(['mktag', '--strict'], bytes);
      return expectSuccess(result, 'writing a tag object').toString().trim();
    },
    takeTurn: (artifact) => takeTurn(git, artifact),
    createTags: (refs, turn) => createTags(git, refs, turn),
    deleteTags: (refs, turn) => deleteTags(git, refs, turn),
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

/** No artifact's name holds an `@`, so the turns of `churn` and `churn/x` are no file and folder of one name. */
const turnRef = (artifact: ArtifactName): string => `refs/reg/${artifactNameForTag(artifact)}@turn`;

async function takeTurn(git: RunGit, artifact: ArtifactName): Promise<Turn> {
  const { code, stdout } = await git(['rev-parse', '--verify', '--quiet', turnRef(artifact)]);
  return { artifact, last: code === 0 ? stdout.toString().trim() : undefined };
}

/**
 * The command that passes a turn on. Of two writers that took the same turn one finds it changed, or locked by the other
 * (git-update-ref(1): an empty old value means that the ref must not exist).
 */
const passTurn = ({ artifact, last }: Turn, next: Oid): string =>
  last === undefined
    ? `create ${turnRef(artifact)}\0${next}\0`
    : `update ${turnRef(artifact)}\0${next}\0${last}\0`;

async function createTags(git: RunGit, refs: readonly NewRef[], turn: Turn): Promise<string | undefined> {
  const creations = refs.map((ref) => `create refs/tags/${ref.tagName}\0${ref.oid}\0`);
  const last = refs.at(-1);
  return last && updateRefs(git, [...creations, passTurn(turn, last.oid)]);
}

async function deleteTags(git: RunGit, refs: readonly NewRef[], turn: Turn): Promise<string | undefined> {
  // a value that never was, because going back to an earlier one would make an old turn good again
  const next = expectSuccess(await git(['hash-object', '-w', '--stdin'], randomUUID()), 'deleting tags');
  const deletions = refs.map((ref) => `delete refs/tags/${ref.tagName}\0${ref.oid}\0`);
  return updateRefs(git, [...deletions, passTurn(turn, next.toString().trim())]);
}

/** One transaction: all commands or none. Gives what git said when it was none. */
async function updateRefs(git: RunGit, commands: readonly string[]): Promise<string | undefined> {
  const result = await git(['update-ref', '--stdin', '-z'], commands.join(''));
  return result.code === 0 ? undefined : result.stderr;
}
