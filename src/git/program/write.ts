import type { Oid } from '../../domain/event.js';
import type { ArtifactName } from '../../domain/names.js';
import { TAG_REFS, tagNameOf, turnRef } from '../../domain/refs.js';
import { parseTagName } from '../../domain/tag-name.js';
import { RegError } from '../../errors.js';
import { type Identity, isBrokenRef, type Outcome, type RefChange, type Turn, type Writer } from '../port.js';
import { encodeTag, type TagObject } from '../tag-object.js';
import { runWithLocks } from './locks.js';
import { expectSuccess, type RunGit } from './run.js';
import type { Signer } from './signatures.js';

/** Writes tags with the git program. */
export function gitTagWriter(
  git: RunGit,
  { signsTags, signTag }: Signer,
): Omit<Writer, 'commitFile' | 'chooseRemote'> {
  return {
    identity: () => identity(git),
    signsTags,
    store: (tag, sign) => (sign ? signTag(tag) : storeUnsigned(git, tag)),
    turn: (artifact) => takeTurn(git, artifact),
    change: (refs, ...turns) => changeRefs(git, refs, turns),
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

async function storeUnsigned(git: RunGit, tag: TagObject): Promise<Oid> {
  const result = await git(['mktag', '--strict'], encodeTag(tag));
  if (/insufficient permission|permission denied|read-only file system/i.test(result.stderr))
    throw new RegError(
      'GIT_FAILED',
      'nothing can be written to this repository: permission denied',
      'see that its files are yours to write, and that their file system is not read-only',
    );
  return expectSuccess(result, 'writing a tag object').toString().trim();
}

async function takeTurn(git: RunGit, artifact: ArtifactName): Promise<Turn> {
  const { code, stdout } = await git(['rev-parse', '--verify', '--quiet', turnRef(artifact)]);
  return { artifact, last: code === 0 ? stdout.toString().trim() : undefined };
}

async function changeRefs(git: RunGit, refs: readonly RefChange[], turns: readonly Turn[]): Promise<Outcome> {
  if (refs.length === 0) return { kind: 'done' };
  if (turns.length === 0) return followRemote(git, refs);
  const failure = await updateRefs(git, [...refs, ...(await passTurns(git, refs, turns))]);
  return failure === undefined ? { kind: 'done' } : { kind: 'lost', reason: failure };
}

/**
 * The changes that pass turns on: of two writers with the same one, the second finds it changed. The turn of an artifact becomes
 * its last tag. An artifact that no ref is about keeps its turn.
 */
export async function passTurns(
  git: RunGit,
  refs: readonly RefChange[],
  turns: readonly Turn[],
): Promise<RefChange[]> {
  const lasts = lastsOf(refs);
  const passing: RefChange[] = [];
  for (const { artifact, last } of turns) {
    const change = lasts.get(artifact);
    // after a deletion the turn holds an object that is new: an earlier one would make an old turn good again
    if (change) passing.push({ ref: turnRef(artifact), from: last, to: change.to ?? (await unusedOid(git)) });
  }
  return passing;
}

/** The last change of each artifact that refs are about. */
function lastsOf<T extends { ref: string }>(refs: readonly T[]): Map<ArtifactName, T> {
  const lasts = new Map<ArtifactName, T>();
  for (const one of refs) {
    const name = parseTagName(tagNameOf(one.ref) ?? '');
    if (name) lasts.set(name.artifact, one);
  }
  return lasts;
}

/** The oid of an object that never existed before. */
async function unusedOid(git: RunGit): Promise<Oid> {
  const result = await git(['hash-object', '-w', '--stdin'], crypto.randomUUID());
  return expectSuccess(result, 'making an object').toString().trim();
}

/** Changes refs in one transaction, all or none. Gives the message of git when it was none. */
async function updateRefs(
  git: RunGit,
  changes: readonly LocalChange[],
  options: readonly string[] = [],
): Promise<string | undefined> {
  // without the last word, as when this process is killed while it writes them, git changes nothing (git-update-ref(1))
  const input = ['start\0', ...changes.map(commandOf), 'commit\0'].join('');
  const locks = changes.map(({ ref, to }) => ({
    path: `${ref}.lock`,
    content: to === undefined ? '' : `${to}\n`,
  }));
  const result = await runWithLocks(git, locks, [...options, 'update-ref', '--stdin', '-z'], input);
  return result.code === 0 ? undefined : result.stderr;
}

type LocalChange = Omit<RefChange, 'from'> & { from: RefChange['from'] | 'anything' };

/** A missing value means that anything may be there (git-update-ref(1), -z). */
function commandOf({ ref, from, to }: LocalChange): string {
  if (to === undefined) return `delete ${ref}\0${from}\0`;
  if (from === undefined) return `create ${ref}\0${to}\0`;
  return `update ${ref}\0${to}\0${from === 'anything' ? '' : from}\0`;
}

/** A writer that follows a remote has nothing to decide again, so git waits longer for locks (git-config(1)). */
const WAIT_FOR_LOCKS = ['-c', 'core.filesRefLockTimeout=2000'] as const;

/** Changes refs as a remote has changed them already. All or none: what another process did meanwhile is left out. */
async function followRemote(git: RunGit, refs: readonly RefChange[]): Promise<Outcome> {
  let left: readonly LocalChange[] = refs.map((one) =>
    one.from !== undefined && isBrokenRef({ oid: one.from }) ? { ...one, from: 'anything' } : one,
  );
  for (const { ref, from } of left)
    if (from === 'anything') await (await import('./restore.js')).removeBrokenRef(git, ref);
  for (;;) {
    const failure = await updateRefs(git, [...left, ...(await endTurns(git, left))], WAIT_FOR_LOCKS);
    if (failure === undefined) return { kind: 'done' };
    const held = await heldBy(git, left);
    const rest = left.filter(({ ref, to }) => held.get(ref) !== to);
    if (rest.length === 0) return { kind: 'done' };
    if (rest.length === left.length) return { kind: 'lost', reason: failure };
    left = rest;
  }
}

/** The changes that end every turn of artifacts that was taken before: those writers have to decide again. */
async function endTurns(git: RunGit, refs: readonly LocalChange[]): Promise<LocalChange[]> {
  const changes: LocalChange[] = [];
  for (const [artifact, { to }] of lastsOf(refs))
    changes.push({ ref: turnRef(artifact), from: 'anything', to: to ?? (await unusedOid(git)) });
  return changes;
}

/** More names than that may be too long for one command line. */
const MANY = 500;

async function heldBy(git: RunGit, refs: readonly LocalChange[]): Promise<Map<string, Oid>> {
  const names = refs.length > MANY ? [TAG_REFS] : refs.map(({ ref }) => ref);
  const result = await git(['for-each-ref', '--format=%(refname)%00%(objectname)', ...names]);
  const lines = expectSuccess(result, 'looking at tags').toString().split('\n').slice(0, -1);
  return new Map(lines.map((line) => line.split('\0') as [string, Oid]));
}

/**
 * Commits one file of the work tree alone, whatever else is staged; hooks and signing are the user's. Where the file is
 * committed as it is, nothing is done.
 * @param path from the top of the work tree
 * @returns the commit that brought the file as it is
 * @throws RegError GIT_FAILED with the message of git or of a hook
 */
export async function commitFile(git: RunGit, path: string, message: string): Promise<Oid> {
  const file = `:(top,literal)${path}`;
  expectSuccess(await git(['add', '--sparse', '--', file]), `adding ${path}`);
  const same = await git(['diff', '--cached', '--quiet', 'HEAD', '--', file]);
  if (same.code !== 0)
    expectSuccess(
      await git(['commit', '--quiet', '--only', '--message', message, '--', file]),
      `committing ${path}`,
    );
  const last = await git(['log', '-1', '--format=%H', '--', file]);
  return expectSuccess(last, 'finding the commit').toString().trim();
}
