import type { Oid } from '../../domain/event.js';
import type { ArtifactName } from '../../domain/names.js';
import { parseTagName } from '../../domain/tag-name.js';
import { RegError } from '../../errors.js';
import type { Identity, KeptRef, NewRef, TagWriter, Turn } from '../port.js';
import { expectSuccess, type RunGit } from '../program/run.js';
import { creation, deletion, keeping, newTurn, type RefChange, turnChange, turnRef } from './ref-change.js';
import { updateRefs } from './ref-transaction.js';

/** Writes tags with the git program, all but signed ones. */
export function binaryTagWriter(git: RunGit): Omit<TagWriter, 'signsTags' | 'signTag'> {
  return {
    identity: () => identity(git),
    writeTagObject: async (bytes) => {
      const result = await git(['mktag', '--strict'], bytes);
      if (/insufficient permission|permission denied|read-only file system/i.test(result.stderr))
        throw new RegError(
          'GIT_FAILED',
          'nothing can be written to this repository: permission denied',
          'see that its files are yours to write, and that their file system is not read-only',
        );
      return expectSuccess(result, 'writing a tag object').toString().trim();
    },
    takeTurn: (artifact) => takeTurn(git, artifact),
    createTags: (refs, turn) => createTags(git, refs, turn),
    deleteTags: (refs, turn) => deleteTags(git, refs, turn),
    keepTags: (refs) => keepTags(git, refs),
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

async function takeTurn(git: RunGit, artifact: ArtifactName): Promise<Turn> {
  const { code, stdout } = await git(['rev-parse', '--verify', '--quiet', turnRef(artifact)]);
  return { artifact, last: code === 0 ? stdout.toString().trim() : undefined };
}

async function createTags(git: RunGit, refs: readonly NewRef[], turn: Turn): Promise<string | undefined> {
  const last = refs.at(-1);
  return last && updateRefs(git, [...refs.map(creation), turnChange(turn, last.oid)]);
}

async function deleteTags(git: RunGit, refs: readonly NewRef[], turn: Turn): Promise<string | undefined> {
  // going back to an earlier value would make an old turn good again
  return updateRefs(git, [...refs.map(deletion), turnChange(turn, await unusedOid(git))]);
}

/** The oid of an object that never was before. */
export async function unusedOid(git: RunGit): Promise<Oid> {
  const result = await git(['hash-object', '-w', '--stdin'], crypto.randomUUID());
  return expectSuccess(result, 'making an object').toString().trim();
}

const ATTEMPTS = 5;

async function keepTags(git: RunGit, refs: readonly KeptRef[]): Promise<string | undefined> {
  let failure: string | undefined;
  let left = refs;
  for (let attempt = 1; attempt <= ATTEMPTS && left.length > 0; attempt += 1) {
    failure = await updateRefs(git, [...left.map(keeping), ...newTurns(left)]);
    if (failure === undefined) return undefined;
    // another process may have kept the same
    const here = await heldBy(git, refs);
    left = refs.filter(({ tagName, oid }) => here.get(tagName) !== oid);
  }
  return left.length === 0 ? undefined : failure;
}

/** Whoever decided before these tags came has to decide again. */
function newTurns(refs: readonly NewRef[]): RefChange[] {
  const last = new Map<ArtifactName, Oid>();
  for (const { tagName, oid } of refs) {
    const name = parseTagName(tagName);
    if (name) last.set(name.artifact, oid);
  }
  return [...last].map(([artifact, oid]) => newTurn(artifact, oid));
}

/** More names than that may be too long for one command line. */
const MANY = 500;

async function heldBy(git: RunGit, refs: readonly NewRef[]): Promise<Map<string, Oid>> {
  const names = refs.length > MANY ? ['refs/tags/'] : refs.map(({ tagName }) => `refs/tags/${tagName}`);
  const result = await git(['for-each-ref', '--format=%(refname:lstrip=2)%00%(objectname)', ...names]);
  const lines = expectSuccess(result, 'looking at tags').toString().split('\n').slice(0, -1);
  return new Map(lines.map((line) => line.split('\0') as [string, Oid]));
}
